"""Second factors: codes by time (RFC 6238) and recovery codes. Pure, but for randomness.

SHA-1, six digits, thirty seconds: what every authenticator app can do. A code counts a step early
or late; the step is remembered and neither it nor an earlier one counts again.
"""

from __future__ import annotations

import base64
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.hazmat.primitives import constant_time
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

STEP_S = 30
DIGITS = 6
DRIFT_STEPS = 1  # a phone's clock may be this far off
SECRET_BYTES = 20
RECOVERY_CODES = 10
RECOVERY_BYTES = 10  # 80 random bits


def new_secret() -> bytes:
    """Return a fresh secret."""
    return secrets.token_bytes(SECRET_BYTES)


def step_of(secret: bytes, code: str, now_ms: int, last_step: int) -> int | None:
    """Return the step whose code this is, if it counts now; None otherwise.

    Args:
        last_step: the newest step that counted; 0: none yet.
    """
    if not (code.isascii() and code.isdigit() and len(code) == DIGITS):
        return None
    totp = _totp(secret)
    now = now_ms // 1000 // STEP_S
    found = None
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if constant_time.bytes_eq(totp.generate(step * STEP_S), code.encode()):
            found = step
    return found if found is not None and found > last_step else None


def code_at(secret: bytes, at_ms: int) -> str:
    """Return the code of a moment, as an authenticator app shows it."""
    return _totp(secret).generate(at_ms // 1000).decode()


def address(secret: bytes, account: str, issuer: str) -> str:
    """Return the `otpauth` address that an authenticator app scans."""
    return _totp(secret).get_provisioning_uri(account, issuer)


def spelled(secret: bytes) -> str:
    """Return a secret as a person types it."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def new_recovery_codes() -> tuple[str, ...]:
    """Return fresh recovery codes, each good once."""
    return tuple(_grouped(secrets.token_bytes(RECOVERY_BYTES)) for _ in range(RECOVERY_CODES))


def hash_recovery(code: str) -> str:
    """Return the argon2id hash of a recovery code."""
    return PasswordHasher().hash(_bare(code))


def recovery_of(hashes: tuple[str, ...], code: str) -> str | None:
    """Return the hash that a recovery code belongs to, or None."""
    typed, hasher = _bare(code), PasswordHasher()
    if len(typed) != RECOVERY_BYTES * 8 // 5:
        return None
    return next((one for one in hashes if _holds(hasher, one, typed)), None)


def _totp(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_S)  # the RFC's HMAC; no collision matters there


def _grouped(data: bytes) -> str:
    text = base64.b32encode(data).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _bare(code: str) -> str:
    return "".join(one for one in code.lower() if one.isalnum())


def _holds(hasher: PasswordHasher, kept: str, typed: str) -> bool:
    try:
        return hasher.verify(kept, typed)
    except (VerificationError, InvalidHashError):
        return False
