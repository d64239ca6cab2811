"""Passkeys (WebAuthn): challenges that are asked once, and judging what a browser answers.

Only where the settings name a site: browsers give passkeys to https addresses alone (and to
localhost). The key must have checked its owner by PIN or finger, so that it is both factors; it
stands beside password and code, never in place of having them. Needs the `passkeys` extra, whose
package is imported when the first passkey is used.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from gateway.config import PasskeyConfig
from gateway.errors import ConfigError, NotAllowedError
from gateway.stores.signin import Passkey
from gateway.stores.views import Account

CHALLENGE_MS = 5 * 60 * 1000
MOST_CHALLENGES = 2000


class PasskeyError(NotAllowedError):
    """The passkey does not prove what it should."""

    code = "passkey-wrong"
    hint = "Try again, or sign in with password and code."


class Seen(Struct, frozen=True):
    """What a verified answer says: the credential (base64url), its key, and its counter."""

    credential: str
    public_key: bytes
    sign_count: int


class Challenges:
    """Challenges that were given out, each good once; any thread may ask."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._open: dict[str, tuple[bytes, int]] = {}

    def give(self, to: str, challenge: bytes) -> None:
        """Remember the newest challenge of a browser (`to` names it)."""
        now = self._now_ms()
        with self._lock:
            self._open = {key: one for key, one in self._open.items() if one[1] > now}
            if len(self._open) >= MOST_CHALLENGES:
                self._open.pop(next(iter(self._open)))
            self._open[to] = (challenge, now + CHALLENGE_MS)

    def take(self, to: str) -> bytes:
        """Return a browser's challenge and forget it.

        Raises:
            PasskeyError: there is none, or it is too old.
        """
        with self._lock:
            challenge, until_ms = self._open.pop(to, (b"", 0))
        if not challenge or until_ms <= self._now_ms():
            raise PasskeyError("expected an answer to a challenge of the last minutes, found none")
        return challenge


def options_to_add(
    config: PasskeyConfig, account: Account, known: tuple[Passkey, ...]
) -> tuple[str, bytes]:
    """Return what a browser needs to make a passkey (JSON), and the challenge in it."""
    from webauthn import generate_registration_options, options_to_json
    from webauthn.helpers import base64url_to_bytes
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    made = generate_registration_options(
        rp_id=config.site,
        rp_name=config.site,
        user_name=account.account,
        user_display_name=account.name,
        user_id=account.account.encode(),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential)) for one in known
        ],
    )
    return options_to_json(made), made.challenge


def options_to_sign_in(config: PasskeyConfig) -> tuple[str, bytes]:
    """Return what a browser needs to ask for any passkey of this site, and the challenge."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    made = generate_authentication_options(
        rp_id=config.site, user_verification=UserVerificationRequirement.REQUIRED
    )
    return options_to_json(made), made.challenge


def added(config: PasskeyConfig, answer: dict[str, Any], challenge: bytes) -> Seen:
    """Return the passkey that a browser made for our challenge.

    Raises:
        PasskeyError: the answer is not to it, or of another site.
    """
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        found = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=config.site,
            expected_origin=config.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyError(f"expected a new passkey of {config.site}, found: {error}") from error
    name = bytes_to_base64url(found.credential_id)
    return Seen(name, found.credential_public_key, found.sign_count)


def used(config: PasskeyConfig, answer: dict[str, Any], challenge: bytes, known: Passkey) -> int:
    """Return the counter of a passkey that answered our challenge.

    Raises:
        PasskeyError: the signature, site or challenge is another, its owner was not checked, or
            the counter went back: there is a copy of it.
    """
    from webauthn import verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException

    try:
        found = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=config.site,
            expected_origin=config.origin,
            credential_public_key=known.public_key,
            credential_current_sign_count=known.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyError(f"expected a passkey of {config.site}, found: {error}") from error
    return found.new_sign_count


def require_package() -> None:
    """Return if the `passkeys` extra is installed.

    Raises:
        ConfigError: it is not.
    """
    try:
        import webauthn  # noqa: F401  looked for, not used
    except ImportError as error:
        raise ConfigError(
            "web.passkeys: expected the package webauthn, found none: install the passkeys extra "
            "or remove the setting"
        ) from error
