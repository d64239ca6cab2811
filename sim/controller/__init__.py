"""Seal controllers of both profiles behind a pseudo-terminal, speaking `hardware.frames`.

`relay` plays the boards of profile A as their vendors describe them; `mcu` gives the firmware
of profile B a board to run on; `line` is the serial line between them and the agent.
"""
