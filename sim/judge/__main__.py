"""`python -m sim.judge`: the judge's command."""

from __future__ import annotations

from sim.judge.cli import main

if __name__ == "__main__":
    main()
