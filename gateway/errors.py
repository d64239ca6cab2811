"""Errors of the gateway; staff act on them.

GatewayError
 +- RequestRefusedError  a request or decision that the rules do not allow
 +- NotAllowedError      this person may not do this
 +- NotFoundError        no such entry, request, permit, machine, alert or case
 +- StoreError           the store cannot be written or does not hold
     +- RestoreError     a restore that cannot be done so, or was not finished
 +- RollbackError        the store is older than what was published or witnessed, or another
 +- WitnessError         no witness could be asked, and the configuration wants one
 +- ConfigError          the configuration cannot be used
 +- ThreadEndedError     a part of the running gateway has ended by itself
"""

from __future__ import annotations

from typing import ClassVar


class GatewayError(Exception):
    """The gateway cannot do what was asked; the message says expected, found, who must act."""

    code: ClassVar[str] = "gateway"
    hint: ClassVar[str] = "Call the administrator."


class RequestRefusedError(GatewayError):
    """The rules do not allow it; `reason` is a stable word that `gateway.texts` explains.

    `values` are what that sentence names, such as a person.
    """

    code = "request-refused"
    hint = "Read the reason; another item, person or amount may be right."

    def __init__(self, reason: str, message: str, **values: str) -> None:
        super().__init__(message)
        self.reason, self.values = reason, values


class NotAllowedError(GatewayError):
    """This person may not do this."""

    code = "not-allowed"
    hint = "Ask somebody whose office allows it."


class NotFoundError(GatewayError):
    """What was named does not exist here."""

    code = "not-found"
    hint = "Check the number or go back to the list."


class StoreError(GatewayError):
    """The store cannot be written or read; nothing is acknowledged until it can."""

    code = "store"
    hint = "Free or replace the disk; machines keep what was not acknowledged."


class RestoreError(StoreError):
    """A restore cannot be done in this way, or has not been done to its end."""

    code = "restore"
    hint = "Follow docs/restore.md step by step; nothing was signed."


class RollbackError(GatewayError):
    """The store knows less of a log than others do, or something else: nothing may be signed."""

    code = "rollback"
    hint = (
        "Do not sign anything: an old backup, a changed store or a second gateway with the same "
        "key. Follow docs/restore.md: seal-gateway restore."
    )

    @classmethod
    def published(cls, origin: str, published: int, found: int) -> RollbackError:
        """The store lacks what the public files hold."""
        return cls(
            f"expected the log {origin} with the {published} entries that were published, found "
            f"a store of {found} that does not hold them"
        )

    @classmethod
    def behind(cls, witness: str, origin: str, known: int, found: int) -> RollbackError:
        """A witness has cosigned more than there is."""
        return cls(
            f"expected the log {origin} with the {known} entries that the witness {witness} has "
            f"cosigned, found a store of {found}"
        )

    @classmethod
    def contradicted(cls, witness: str, origin: str, known: int, found: int) -> RollbackError:
        """A witness has cosigned something else."""
        return cls(
            f"expected the log {origin} to begin with the {known} entries that the witness "
            f"{witness} has cosigned, found a store of {found} in which they are others"
        )


class WitnessError(GatewayError):
    """A witness could not be asked; code `unreachable` is that of the exit code."""

    code = "unreachable"
    hint = "Look at the line to the witness; without require_witness the gateway starts alone."


class ConfigError(GatewayError):
    """The configuration cannot be used; the message names file, path and expectation."""

    code = "config"
    hint = "Correct the file and run check-config."


class ThreadEndedError(GatewayError):
    """A part of the running gateway has ended by itself; the process ends rather than limp."""

    code = "thread-ended"
    hint = "The system starts the gateway again; send this log to the maintainer."
