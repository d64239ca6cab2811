"""Measurements and the fault campaign; `./seal bench NAME` runs one of them."""
