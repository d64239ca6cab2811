"""After the stamp: what happened is verified, written down and acknowledged."""
