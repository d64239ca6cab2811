"""Orders on what was carried here by file: it takes the same way as what comes over the wire."""

from __future__ import annotations

from collections import Counter

import structlog

from gateway.book import Done
from gateway.commands import Deliver, KeepCosignatures
from gateway.register.cosignatures import Cosignatures
from gateway.register.intake import Batch, Intake
from gateway.stores import Transaction

log = structlog.get_logger()


def deliver(intake: Intake, transaction: Transaction, command: Deliver, now_ms: int) -> Done:
    """Have every message verified, taken or quarantined, as if its machine had sent it.

    Answers and acknowledgements go to the broker as always; there may be nobody to hear them.
    """
    batch = Batch(carried=True)
    outcomes = tuple(intake.take_all(transaction, command.messages, now_ms, batch))
    counts = Counter(str(outcome.what) for outcome in outcomes)
    log.info("carried_messages_judged", by=command.by, **counts)
    return Done(
        answer=outcomes,
        letters=(*intake.acknowledgements(batch, now_ms), *batch.letters),
        troubled=batch.troubled,
    )


def keep_cosigned(
    cosignatures: Cosignatures, transaction: Transaction, command: KeepCosignatures, now_ms: int
) -> Done:
    """Keep a cosigned checkpoint beside the log, for publication."""
    size = cosignatures.keep(transaction, command.note)
    log.info("cosignatures_kept", by=command.by, size=size)
    return Done(answer=size)
