"""Firmware of the profile B controller, in the MicroPython subset; the simulator runs it too."""
