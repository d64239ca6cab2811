"""The witness over https: a certificate of the county's own authority, judged by the gateway."""

from __future__ import annotations

import http.client
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from gateway.ca import Authority, open_authority
from gateway.errors import ConfigError
from gateway.witness import config as witness_config
from gateway.witness.service import Witness

Town = Any
Running = Any


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return open_authority(tmp_path / "county-ca", "county")


@pytest.fixture
def secured(authority: Authority, make_county: Callable[..., Any]) -> Any:
    """The county's witness, whose certificate names this address."""
    own = authority.own("witness", "server", "127.0.0.1")
    return make_county(tls=f'[tls]\ncertificate = "{own.cert}"\nkey = "{own.key}"\n')


@pytest.fixture
def configured(
    town: Town, secured: Any, write_config: Callable[..., Path], tmp_path: Path
) -> Callable[..., Path]:
    """Return what writes the gateway's configuration with that witness."""
    town.store.close()

    def write(ca: Path | None, more: str = "", url: str | None = None) -> Path:
        path = write_config(tmp_path)
        text = path.read_text(encoding="utf-8").replace("[log]\n", f"[log]\n{more}\n")
        text += f'\n[[log.witnesses]]\nname = "county"\nvkey = "{secured.vkey}"\n'
        text += f'url = "{url or secured.url}"\n'
        text += "" if ca is None else f'ca = "{ca}"\n'
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.slow
def test_gateway_has_its_heads_cosigned_over_https(
    start: Callable[[Path], Running],
    until: Any,
    cosigned_size: Any,
    configured: Callable[..., Path],
    secured: Any,
    authority: Authority,
) -> None:
    gateway = start(configured(authority.path, "require_witness = true"))
    assert gateway.started, gateway.said()

    gateway.grow("A")
    public = gateway.config.parent / "public"
    until(lambda: cosigned_size(public, secured.key) == 1, "a cosignature")

    assert secured.url.startswith("https://127.0.0.1:")
    plain = http.client.HTTPConnection(urlsplit(secured.url).netloc, timeout=20)
    with pytest.raises((http.client.HTTPException, OSError)):
        plain.request("GET", "/")
        plain.getresponse()
    plain.close()
    assert gateway.end(signal.SIGTERM) == 0


def wrong_authority(authority: Authority, folder: Path) -> tuple[Path | None, str]:
    other = open_authority(folder / "other-ca", "somebody-else")
    return other.path, f"a certificate issued under the authority in {other.path}, found: "


def no_authority(authority: Authority, folder: Path) -> tuple[Path | None, str]:
    return None, "a certificate issued under the system's authorities, found: "


@pytest.mark.slow
@pytest.mark.parametrize("judge", [wrong_authority, no_authority])
def test_certificate_of_another_authority_is_refused_with_a_word_what_to_do(
    start: Callable[[Path], Running],
    configured: Callable[..., Path],
    secured: Any,
    authority: Authority,
    tmp_path: Path,
    judge: Callable[[Authority, Path], tuple[Path | None, str]],
) -> None:
    ca, expected = judge(authority, tmp_path)

    refused = start(configured(ca, "require_witness = true"))
    code = refused.end()
    alone = start(configured(ca))

    assert (refused.started, code) == (False, 5)
    assert expected in refused.said()
    assert "compare ca below [[log.witnesses]]" in refused.said()
    assert alone.started and "witness_not_asked" in alone.said()
    assert not list((secured.path.parent / "state" / "logs").iterdir())  # nothing was sent
    assert alone.end(signal.SIGTERM) == 0


@pytest.mark.slow
def test_certificate_for_another_address_is_refused(
    start: Callable[[Path], Running],
    configured: Callable[..., Path],
    secured: Any,
    authority: Authority,
) -> None:
    url = secured.url.replace("127.0.0.1", "localhost")

    refused = start(configured(authority.path, "require_witness = true", url))

    assert refused.end() == 5
    assert "Hostname mismatch, certificate is not valid for 'localhost'" in refused.said()


@pytest.mark.slow
def test_missing_authority_is_named(
    start: Callable[[Path], Running], configured: Callable[..., Path], tmp_path: Path
) -> None:
    refused = start(configured(tmp_path / "none.pem", "require_witness = true"))

    assert refused.end() == 5
    assert f"expected certificates (PEM) at {tmp_path / 'none.pem'}" in refused.said()


def test_certificate_that_is_none_is_refused_at_the_start(secured: Any, tmp_path: Path) -> None:
    (tmp_path / "junk.pem").write_text("junk")
    text = secured.path.read_text()
    own = next(line for line in text.splitlines() if line.startswith("certificate"))
    path = secured.path.with_name("junk.toml")
    path.write_text(text.replace(own, f'certificate = "{tmp_path / "junk.pem"}"'))

    with pytest.raises(ConfigError, match=r"expected a certificate in .*junk\.pem and its key in"):
        Witness(witness_config.load(path))
