"""python -m device: the same as seal-device."""

from __future__ import annotations

from device.cli import main

main()
