"""python -m ledger: the same as seal-verify."""

from __future__ import annotations

from ledger.cli import main

if __name__ == "__main__":  # processes that verify import this module, too
    main(prog_name="seal-verify")
