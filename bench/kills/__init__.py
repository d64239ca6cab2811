"""Random kills: SIGKILL of whoever keeps the log, at any moment, a thousand times and judged."""
