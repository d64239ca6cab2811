"""Logs: JSON lines for machines, colour for a terminal; never names, photos or keys."""

from __future__ import annotations

import sys

import structlog

AS_LINES = (
    structlog.processors.format_exc_info,  # without local variables, which may be personal
    structlog.processors.JSONRenderer(ensure_ascii=False),
)


def configure() -> None:
    """Set up structlog for this process; called once by the command."""
    terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.dev.ConsoleRenderer()] if terminal else AS_LINES),
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
