"""The lock files: they agree with setup.py and with each other, and name no place of download."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import setuptools
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-test.lock", "requirements-uv.lock")
AGAIN = "run: sh tests/release/lock.sh"


def pins(name: str) -> dict[str, set[Version]]:
    """Package -> the versions pinned (more than one where they differ by Python version)."""
    found: dict[str, set[Version]] = {}
    for package, version in re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text(), re.M):
        found.setdefault(package, set()).add(Version(version))
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What setup.py says, without setting anything up."""
    said: dict[str, Any] = {}
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(setuptools, "setup", lambda **metadata: said.update(metadata))
    runpy.run_path(str(ROOT / "setup.py"))
    return said


def not_met(requirements: list[str], name: str) -> list[str]:
    pinned = pins(name)
    parsed = [Requirement(text) for text in requirements]
    return [
        str(requirement)
        for requirement in parsed
        if not pinned.get(normal(requirement.name))
        or not all(requirement.specifier.contains(v) for v in pinned[normal(requirement.name)])
    ]


def test_lock_pins_everything_the_programs_need(declared: dict[str, Any]) -> None:
    missing = not_met(declared["install_requires"], "requirements.lock")

    assert missing == [], AGAIN


@pytest.mark.parametrize("extra", ["test", "check"])
def test_test_lock_pins_everything_the_suite_needs(declared: dict[str, Any], extra: str) -> None:
    missing = not_met(declared["extras_require"][extra], "requirements-test.lock")

    assert missing == [], AGAIN


def test_test_lock_holds_the_very_pins_of_the_programs() -> None:
    everything = pins("requirements-test.lock")

    differing = {name for name, pin in pins("requirements.lock").items() if everything[name] != pin}

    assert differing == set(), AGAIN


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_a_hash(name: str) -> None:
    blocks = re.split(r"^(?=[a-z0-9-]+==)", (ROOT / name).read_text(), flags=re.MULTILINE)[1:]

    assert blocks
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_no_place_of_download(name: str) -> None:
    text = (ROOT / name).read_text()

    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_brings_the_opencv_that_needs_x11(name: str) -> None:
    assert set(pins(name)) & {"opencv-python", "opencv-contrib-python"} == set()
