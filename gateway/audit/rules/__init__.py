"""Rules: one alert rule per file, found by its name; nothing registers itself."""
