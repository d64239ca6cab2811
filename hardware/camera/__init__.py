"""Cameras that look at the page."""
