"""Emergency codes: what an approver reads from a sealed envelope, and how a machine knows it.

`XXXX-XXXX-XXXX-XXXX-C` in Crockford's base 32: 80 random bits and a check character, by which a
slip of the finger is told at once: any one wrong character, and any two that changed places. The
machine is told hashes alone; nothing that it holds can approve anything.
"""

from __future__ import annotations

import secrets

from ledger import codec
from ledger.enrolcodes import ALPHABET
from ledger.errors import MalformedError

SECRET = 16  # characters of five bits each
LENGTH = SECRET + 1
_GROUP = 4
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
_POLYNOMIAL = 0b100101  # x^5 + x^2 + 1, primitive: powers of x differ up to the 31st


def make() -> str:
    """Return a new code as it is printed."""
    secret = "".join(secrets.choice(ALPHABET) for _ in range(SECRET))
    return spelled(secret + check_character(secret))


def spelled(plain: str) -> str:
    """Return a code in groups, as far as it goes."""
    return "-".join(plain[i : i + _GROUP] for i in range(0, len(plain), _GROUP))


def read(text: str) -> str:
    """Return a code's 17 characters; spaces, hyphens, case and lookalikes do not matter.

    Raises:
        MalformedError: too short, too long, a foreign character, or a slip of the finger.
    """
    plain = "".join(text.upper().translate(_READ_AS).replace("-", " ").split())
    if len(plain) != LENGTH or not set(plain) <= set(ALPHABET):
        raise MalformedError(f"expected {LENGTH} characters of a code, found {len(plain)}")
    if check_character(plain[:SECRET]) != plain[SECRET]:
        raise MalformedError("expected a code whose last character fits, found a slip: read again")
    return plain


def check_character(secret: str) -> str:
    """Return the character that follows: the sum of x^place * character in GF(32)."""
    total = 0
    for character in secret:
        total = _times_x(total ^ ALPHABET.index(character))
    return ALPHABET[total]


def sha256_of(code: str, terms: str, holder: str) -> str:
    """Return the hash by which a machine knows a code: under these terms, of this approver."""
    text = f"sealkeeper emergency code\n{terms}\n{holder}\n{read(code)}"
    return codec.sha256(text.encode())


def _times_x(value: int) -> int:
    doubled = value << 1
    return doubled ^ _POLYNOMIAL if doubled & 0b100000 else doubled
