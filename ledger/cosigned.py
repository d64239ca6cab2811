"""What a witness's cosignature covers, for each of its two algorithms. Pure.

Source: c2sp.org/tlog-cosignature as of 2026-06-03 (commit 01194db1 of C2SP/C2SP; tagged
tlog-cosignature/v1.1.0-rc.1), which brought ML-DSA-44. Both cover the time; the newer one also
the witness's name, but of the checkpoint only origin, size and root.
"""

from __future__ import annotations

from ledger.errors import MalformedError
from ledger.spelling import decimal, parse_hash

TIME_BYTES = 8
LATEST_S = 2**63 - 1
_LABEL = b"subtree/v1\n\0"


def ed25519(text: str, at_s: int) -> bytes:
    """Return what an Ed25519 cosignature of a checkpoint's text covers."""
    return f"cosignature/v1\ntime {at_s}\n{text}".encode()


def ml_dsa_44(text: str, name: str, at_s: int) -> bytes:
    """Return what an ML-DSA-44 cosignature of a checkpoint's text covers: `cosigned_message`.

    The subtree that is signed is the whole tree: from leaf 0 to its size.

    Raises:
        MalformedError: the text is not that of a checkpoint, or a name is longer than 255 bytes.
    """
    origin, size, root, *_ = [*text.split("\n"), "", "", ""]
    end = decimal(size)
    if end > LATEST_S:
        raise MalformedError(f"expected a size below 2^63, found {size}")
    return b"".join(
        (
            _LABEL,
            _short(name),
            at_s.to_bytes(TIME_BYTES, "big"),
            _short(origin),
            bytes(8),
            end.to_bytes(8, "big"),
            parse_hash(root),
        )
    )


def _short(text: str) -> bytes:
    """Return an `opaque<1..2^8-1>` of RFC 8446: one byte of length, then the bytes."""
    data = text.encode()
    if not 1 <= len(data) <= 255:
        raise MalformedError(f"expected a name of 1 to 255 bytes, found {len(data)}")
    return bytes([len(data)]) + data
