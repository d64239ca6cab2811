"""Lamps and buzzer on the front."""
