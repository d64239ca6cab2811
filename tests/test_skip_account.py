"""The account of skipped tests: pytest runs on small folders of tests that share our conftest."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

RunPytest = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> RunPytest:
    """Run pytest on one test file in a checkout of its own, with or without CI set."""
    (tmp_path / "checkout" / "tests").mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", tmp_path / "checkout")
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "checkout" / "tests")

    def run_pytest(text: str, *arguments: str, ci: bool) -> subprocess.CompletedProcess[str]:
        (tmp_path / "checkout" / "tests" / "test_it.py").write_text("import pytest\n" + text)
        environment = {key: value for key, value in os.environ.items() if key != "CI"}
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
            cwd=tmp_path / "checkout",
            env=environment | ({"CI": "true"} if ci else {}),
            capture_output=True,
            text=True,
            check=False,
        )

    return run_pytest


TWO_PROCESSES = ("-p", "xdist.plugin", "-n", "2")
TWO_SKIPS = 'def test_a(): pytest.skip("needs strace")\ndef test_b(): pytest.skip("needs strace")\n'
MODULE_SKIP = 'pytest.skip("needs strace", allow_module_level=True)\n'
HARDWARE = "@pytest.mark.hardware\ndef test_a(): pass\n"
PICTURES = "def test_a(pictures): assert pictures.is_dir()\n"


def test_skips_are_counted_by_reason_in_plain_words(run: RunPytest) -> None:
    result = run(TWO_SKIPS, ci=False)

    assert "2 skipped: 2 need strace" in result.stdout
    assert result.returncode == pytest.ExitCode.OK


@pytest.mark.parametrize("processes", [(), TWO_PROCESSES])
def test_a_skip_in_ci_fails_the_run_and_is_named(
    run: RunPytest, processes: tuple[str, ...]
) -> None:
    result = run(TWO_SKIPS, *processes, ci=True)

    assert "tests/test_it.py::test_b: needs strace" in result.stdout
    assert result.returncode == pytest.ExitCode.TESTS_FAILED


def test_a_skipped_file_in_ci_fails_the_run(run: RunPytest) -> None:
    result = run(MODULE_SKIP, ci=True)

    assert "tests/test_it.py: needs strace" in result.stdout
    assert result.returncode == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize("processes", [(), TWO_PROCESSES])
def test_hardware_may_be_skipped_in_ci(run: RunPytest, processes: tuple[str, ...]) -> None:
    result = run(HARDWARE, *processes, ci=True)

    assert "1 skipped: 1 needs real hardware" in result.stdout
    assert result.returncode == pytest.ExitCode.OK


def test_hardware_is_run_when_asked_for(run: RunPytest) -> None:
    result = run(HARDWARE, "-m", "hardware", ci=True)

    assert "1 passed" in result.stdout


def test_missing_pictures_may_be_skipped_in_ci(run: RunPytest) -> None:
    result = run(PICTURES, ci=True)

    assert "1 skipped: 1 needs third-party pictures" in result.stdout
    assert result.returncode == pytest.ExitCode.OK


def test_pictures_are_found_beside_the_checkout(run: RunPytest, tmp_path: Path) -> None:
    (tmp_path / "shared" / "data" / "images").mkdir(parents=True)

    result = run(PICTURES, ci=True)

    assert "1 passed" in result.stdout


def test_a_warning_is_an_error(run: RunPytest) -> None:
    result = run('import warnings\ndef test_a(): warnings.warn("careless")\n', ci=False)

    assert "UserWarning: careless" in result.stdout
    assert result.returncode == pytest.ExitCode.TESTS_FAILED
