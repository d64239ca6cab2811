"""seal-gateway policy: check, draft by one person, show, and what a request would need."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.commands import AddAccount, ReleasePolicy
from gateway.desk.accounts import hash_password

Town = Any
PASSWORD = "correct horse 42"
EXAMPLE = resources.files("gateway.data") / "policies" / "money-tiers-b.toml"


class Shell:
    """The command line beside a store that no gateway is writing."""

    def __init__(self, folder: Path, config: Path) -> None:
        self.folder, self.config = folder, config
        self.file = folder / "policy.toml"
        self.file.write_bytes(EXAMPLE.read_bytes())
        (folder / "password").write_text(PASSWORD, encoding="utf-8")

    def run(self, *words: str) -> Any:
        return CliRunner().invoke(main, ["policy", *words])

    def draft(self, by: str, password: str = "password") -> Any:
        return self.run(
            "draft", str(self.file), "--from", "2020-01-01", "--by", by, "--password-file",
            str(self.folder / password), "--config", str(self.config),
        )  # fmt: skip

    def show(self, *words: str) -> str:
        return str(self.run("show", "--config", str(self.config), *words).output)


@pytest.fixture
def shell(desk: Town, write_config: Callable[..., Path]) -> Shell:
    config = write_config(desk.folder)
    for name, office in (("chief", "administrator"), ("checker", "auditor"), ("clerk-1", "clerk")):
        desk.order(
            AddAccount(
                by="cli-root",
                account=name,
                person=name,
                name=name,
                offices=(office,),
                keeps=(),
                password_hash=hash_password(PASSWORD),
                village="330109110201",
            ),
            operator=True,
        )
    desk.store.close()
    return Shell(desk.folder, config)


def test_check_prints_what_the_file_asks_for(shell: Shell) -> None:
    done = shell.run("check", str(shell.file))

    assert done.exit_code == 0
    assert "¥ 1,000.01 起" in done.output and "两委会议记录" in done.output


def test_check_names_line_and_rule_in_both_languages(shell: Shell) -> None:
    text = shell.file.read_text(encoding="utf-8").replace("from_fen = 100_001", "from_fen = 0")
    shell.file.write_text(text, encoding="utf-8")
    line = text[: text.rindex("from_fen = 0")].count("\n")

    done = shell.run("check", str(shell.file))

    assert done.exit_code == 1
    assert f"第 {line} 行，规则“支出”" in done.output and f"line {line}, rule '支出'" in done.output


def test_a_township_without_policy_says_so_aloud(shell: Shell) -> None:
    assert "还没有发布审批办法" in shell.show()
    assert "one approval by an approver is enough" in shell.show("--language", "en")


def test_a_draft_waits_until_another_person_releases_it(shell: Shell, desk: Town) -> None:
    drafted = shell.draft("chief")
    waiting = shell.show()
    desk.restart()
    desk.order(ReleasePolicy(by="checker", version=1))
    desk.store.close()

    assert drafted.exit_code == 0 and "version 1" in drafted.output
    assert "chief 起草" in waiting and "还没有发布审批办法" in waiting
    assert "checker 发布" in shell.show()
    answer = shell.show("--matter", "ZC-7", "--amount", "1000.01")
    assert "规则“支出”，¥ 1,000.01 起的一档" in answer and "2 人" in answer


@pytest.mark.parametrize(("by", "password"), [("nobody", "password"), ("chief", "wrong")])
def test_a_draft_needs_the_password_of_its_person(shell: Shell, by: str, password: str) -> None:
    (shell.folder / "wrong").write_text("another", encoding="utf-8")

    done = shell.draft(by, password)

    assert done.exit_code == 1 and "not-allowed" in done.output


def test_a_clerk_drafts_no_policy(shell: Shell) -> None:
    done = shell.draft("clerk-1")

    assert done.exit_code == 1 and "not-allowed" in done.output


def test_an_amount_that_is_none_is_told(shell: Shell) -> None:
    assert "amount-unclear" in shell.show("--matter", "ZC-7", "--amount", "1e3")
