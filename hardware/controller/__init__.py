"""Controllers: relay boards (profile A) and the microcontroller (profile B)."""
