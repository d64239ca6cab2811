"""One-time codes of the enrolment: what a person carries from the console to the machine.

`XXXXX-` groups of Crockford's base 32, 40 characters: 80 random bits that open the door once, and
120 bits of the fingerprint of the township's authority, by which the machine knows the door.
"""

from __future__ import annotations

import secrets

from msgspec import Struct

from ledger import codec
from ledger.errors import MalformedError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SECRET, PIN = 16, 24  # characters of five bits each
_GROUP = 5
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


class Code(Struct, frozen=True):
    """A code, taken apart: its secret, and the beginning of the authority's fingerprint."""

    secret: str
    pin: str

    def __str__(self) -> str:
        text = self.secret + self.pin
        return "-".join(text[i : i + _GROUP] for i in range(0, len(text), _GROUP))

    @property
    def sha256(self) -> str:
        """Hash of the secret: all that the gateway keeps of it."""
        return codec.sha256(b"sealkeeper enrolment code\n" + self.secret.encode())


def make(fingerprint: str) -> Code:
    """Return a new code for the authority with this fingerprint (64 hex digits)."""
    secret = "".join(secrets.choice(ALPHABET) for _ in range(SECRET))
    return Code(secret, pin(fingerprint))


def pin(fingerprint: str) -> str:
    """Return how a fingerprint begins, in base 32."""
    number = int(fingerprint, 16) >> (256 - 5 * PIN)
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(PIN)))


def read(text: str) -> Code:
    """Return a code as a person typed it; spaces, hyphens, case and lookalikes do not matter.

    Raises:
        MalformedError: it is none.
    """
    plain = "".join(text.upper().translate(_READ_AS).replace("-", " ").split())
    if len(plain) != SECRET + PIN or not set(plain) <= set(ALPHABET):
        raise MalformedError(
            f"expected the {SECRET + PIN} characters of a one-time code, found {len(plain)}: "
            "compare it with the console"
        )
    return Code(plain[:SECRET], plain[SECRET:])
