"""The judge of the public log: what a township could do to it is found, with its message."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from ledger import checkpoint, receipts
from ledger.checkpoint import Checkpoint
from sim.judge import merkle
from sim.judge.evidence import Acked, SeenHead
from sim.judge.verdict import Verdict

Life = Any
Case = Callable[[Life], None]
T0 = 1_000_000
ORIGIN = "seal.xiaoshan.example/330109000000/420625103000/2026"


def published(life: Life) -> None:
    life.good_stamp()
    life.prove()


def grown_and_published_again(life: Life) -> None:
    published(life)
    life.good_stamp(T0 + 10_000, n=2)
    life.prove()


def seen_twice(life: Life) -> None:
    published(life)
    life.heads.append(SeenHead("machine-2", life.heads[0].note))


def two_heads_of_one_size(life: Life) -> None:
    published(life)
    life.publish(*(b"another entry %d" % n for n in range(len(life.township))))


def store_rolled_back_and_grown_anew(life: Life) -> None:
    published(life)
    del life.township[-1]
    life.log.pop()
    life.receipts.popitem()
    life.good_stamp(T0 + 20_000, n=2)
    life.publish()


def tail_cut(life: Life) -> None:
    published(life)
    life.township.pop()


def head_of_a_stranger(life: Life) -> None:
    published(life)
    head = checkpoint.sign(Checkpoint(ORIGIN, 1, bytes(32)), life.other_log_key)
    life.heads.append(SeenHead("the public folder", head))


def receipt_of_another_entry(life: Life) -> None:
    published(life)
    life.receipts[1], life.receipts[2] = life.receipts[2], life.receipts[1]


def receipt_with_a_turned_bit(life: Life) -> None:
    published(life)
    receipt = receipts.parse(life.receipts[1])
    first = bytes([receipt.path[0][0] ^ 1]) + receipt.path[0][1:]
    spoilt = structs.replace(receipt, path=(first, *receipt.path[1:]))
    life.receipts[1] = receipts.encode(spoilt)


def receipt_for_nothing(life: Life) -> None:
    published(life)
    life.receipts[9] = life.receipts[1]


def no_receipt_at_all(life: Life) -> None:
    published(life)
    life.receipts[1] = b"c2sp.org/tlog-proof@v2\n\n"


def entry_rewritten(life: Life) -> None:
    published(life)
    life.township[1] = structs.replace(life.township[1], raw=life.township[2].raw)


def acked_and_lost(life: Life) -> None:
    acked_and_proved(life)
    life.township.pop()


def acked_and_not_proved(life: Life) -> None:
    acked_and_proved(life)
    del life.receipts[2]


def acked_and_proved(life: Life) -> None:
    published(life)
    life.facts["acked"] = (Acked(seq=2, head=life.log[1].payload.sha256),)


def not_acked_and_not_proved(life: Life) -> None:
    published(life)
    del life.receipts[2]


CASES: tuple[tuple[str, Case, str, Case], ...] = (
    ("I11", two_heads_of_one_size,
     r"two heads of \S+ with 3 entries, seen by .*: expected one root \w{16}, found \w{16}",
     seen_twice),
    ("I11", store_rolled_back_and_grown_anew,
     r"head of \S+ with 3 entries, seen by .*: expected root \w{16} of its entries, found \w{16}",
     grown_and_published_again),
    ("I11", store_rolled_back_and_grown_anew, r"expected growth from 3 to 4, found expected",
     grown_and_published_again),
    ("I11", tail_cut, r"with 3 entries, .*: expected so many in the public log, found 2",
     published),
    ("I11", head_of_a_stranger, r"expected one that the log's key signed", published),
    ("I10", receipt_of_another_entry,
     r"receipt of entry 1 of m-1: expected that entry at 2 of \S+, found entry 2 of m-1",
     published),
    ("I10", receipt_of_another_entry, r"receipt of entry 1 of m-1: expected a path to its head",
     published),
    ("I10", receipt_with_a_turned_bit, r"entry 1 of m-1: expected root \w{16}, found \w{16}",
     published),
    ("I10", receipt_for_nothing, r"receipt of entry 9 of m-1: expected that entry in L, found none",
     published),
    ("I10", no_receipt_at_all, r"receipt of entry 1 of m-1: expected a receipt", published),
    ("I10", entry_rewritten,
     r"receipt of entry 1 of m-1: expected that entry at 1 of \S+, found entry 2 of m-1",
     published),
    ("I4", acked_and_lost,
     r"acknowledged entry 2: expected the same bytes in L and G, found none in G",
     acked_and_proved),
    ("I15", acked_and_not_proved, r"acknowledged entry 2: expected its receipt, found none",
     not_acked_and_not_proved),
)  # fmt: skip


def said(verdict: Verdict) -> str:
    """Return all that a verdict says."""
    return "\n".join(map(str, verdict.breaches))


@pytest.mark.parametrize(
    ("invariant", "bad", "message"),
    [case[:3] for case in CASES],
    ids=[f"{case[0]}-{case[1].__name__}" for case in CASES],
)
def test_what_a_township_could_do_is_found_and_said(
    life: Life, invariant: str, bad: Case, message: str
) -> None:
    bad(life)

    verdict = life.verdict(invariant)

    assert verdict.result == "broken"
    assert re.search(message, said(verdict)), said(verdict)


@pytest.mark.parametrize(
    ("invariant", "near"),
    [(case[0], case[3]) for case in CASES],
    ids=[f"{case[0]}-{case[3].__name__}" for case in CASES],
)
def test_the_nearest_honest_log_is_let_pass(life: Life, invariant: str, near: Case) -> None:
    near(life)

    verdict = life.verdict(invariant)

    assert verdict.breaches == ()
    assert verdict.looked_at > 0


def test_nothing_is_judged_where_nobody_kept_a_head(life: Life) -> None:
    life.good_stamp()

    assert life.verdict("I10").result == life.verdict("I11").result == "unjudged"


def test_the_judges_arithmetic_agrees_with_the_8_leaves_of_the_rfc_tests() -> None:
    leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657",
              "606162636465666768696a6b6c6d6e6f"]  # fmt: skip
    roots = merkle.Roots()

    roots.grow(merkle.leaf(bytes.fromhex(one)) for one in leaves)

    assert roots[0].hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert roots[1].hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert roots[5].hex() == "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"
    assert roots[8].hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def test_a_path_of_another_length_leads_nowhere() -> None:
    leaf = merkle.leaf(b"x")

    assert merkle.root_of_path(leaf, 0, 1, [leaf]) is None
    assert merkle.root_of_path(leaf, 1, 3, [leaf]) is None
    assert merkle.root_of_path(leaf, 2, 3, [leaf, leaf]) is None
