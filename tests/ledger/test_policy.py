"""Policy: the file of c2sp.org/tlog-policy, and when a quorum is reached."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from ledger import checkpoint, notes, policy
from ledger.checkpoint import Checkpoint
from ledger.errors import PolicyError, QuorumError, SignatureError, UnknownKeyError
from ledger.notes import Line, SignatureType
from ledger.signers.keyfile import KeyFileSigner

Make = Callable[[str, str, int], KeyFileSigner]

ORIGIN = "seal.example/420625000000/420625103000/2026"
HEAD = Checkpoint(ORIGIN, 200, bytes(range(32)))
SEEDS = {"X1": 11, "X2": 12, "X3": 13, "Y1": 14, "Y2": 15, "Y3": 16}

# The example of c2sp.org/tlog-policy.
EXAMPLE = """\
# The township's log
log <L>

witness X1 <X1>
witness X2 <X2>\thttps://x2.example/
  witness  X3  <X3>
group X-witnesses 2 X1 X2 X3

witness Y1 <Y1>
witness Y2 <Y2>
witness Y3 <Y3>
group Y-witnesses any Y1 Y2 Y3

\t # both of them
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


@pytest.fixture
def fill(signer_of: Make, gateway: KeyFileSigner) -> Callable[[str], bytes]:
    """Put verifier keys in the place of <L>, <X1> ... <Y3>."""
    log = notes.key_of(gateway.record, ORIGIN, SignatureType.ED25519)
    vkeys = {"L": log.vkey}
    for name, seed in SEEDS.items():
        record = signer_of(name.lower(), "county", seed).record
        key = notes.key_of(record, f"{name}.example", SignatureType.COSIGNATURE)
        vkeys[name] = key.vkey

    def build(text: str) -> bytes:
        for name, vkey in vkeys.items():
            text = text.replace(f"<{name}>", vkey)
        return text.encode()

    return build


@pytest.fixture
def cosigned(signer_of: Make, gateway: KeyFileSigner) -> Callable[[Iterable[str]], bytes]:
    """Build the checkpoint that these witnesses have cosigned."""

    def build(names: Iterable[str]) -> bytes:
        raw = checkpoint.sign(HEAD, gateway)
        for name in names:
            signer = signer_of(name.lower(), "county", SEEDS[name])
            raw += checkpoint.cosign(HEAD, f"{name}.example", signer, 1_000)
        return raw

    return build


def test_the_example_of_the_specification_is_read(fill: Callable[[str], bytes]) -> None:
    found = policy.parse(fill(EXAMPLE))

    assert [key.name for key in found.log_keys] == [ORIGIN]
    assert [witness.name for witness in found.witnesses] == list(SEEDS)
    assert [witness.url for witness in found.witnesses][1] == "https://x2.example/"
    assert found.groups == (
        policy.Group("X-witnesses", 2, ("X1", "X2", "X3")),
        policy.Group("Y-witnesses", 1, ("Y1", "Y2", "Y3")),
        policy.Group("X-and-Y", 2, ("X-witnesses", "Y-witnesses")),
    )
    assert found.quorum == "X-and-Y"


@pytest.mark.parametrize(
    "names", [("X1", "X2", "Y1"), ("X3", "X1", "Y3"), tuple(SEEDS)], ids=" ".join
)
def test_a_quorum_is_reached(
    fill: Callable[[str], bytes], cosigned: Callable[[Iterable[str]], bytes], names: tuple[str, ...]
) -> None:
    rules = policy.parse(fill(EXAMPLE))
    raw = cosigned(names)

    counted = policy.satisfied(rules, raw)

    assert [one.key.name for one in counted] == [f"{name}.example" for name in names]
    assert policy.verify(rules, raw) == HEAD


@pytest.mark.parametrize(
    "names", [(), ("X1",), ("X1", "X2", "X3"), ("X1", "Y1", "Y2", "Y3")], ids=" ".join
)
def test_a_quorum_is_missed(
    fill: Callable[[str], bytes], cosigned: Callable[[Iterable[str]], bytes], names: tuple[str, ...]
) -> None:
    rules = policy.parse(fill(EXAMPLE))

    with pytest.raises(QuorumError, match="expected the quorum 'X-and-Y' of 6 witnesses") as caught:
        policy.satisfied(rules, cosigned(names))

    assert all(repr(name) in str(caught.value) for name in names)


def test_one_witness_can_not_count_twice(
    fill: Callable[[str], bytes], cosigned: Callable[[Iterable[str]], bytes]
) -> None:
    rules = policy.parse(fill("witness X1 <X1>\nwitness X2 <X2>\ngroup g 2 X1 X2\nquorum g\n"))

    with pytest.raises(QuorumError):
        policy.satisfied(rules, cosigned(["X1", "X1"]))


def test_a_broken_cosignature_condemns_even_with_a_quorum(
    fill: Callable[[str], bytes], cosigned: Callable[[Iterable[str]], bytes]
) -> None:
    rules = policy.parse(fill("witness X1 <X1>\nwitness X2 <X2>\ngroup g any X1 X2\nquorum g\n"))
    broken = str(Line("X2.example", rules.witness_keys[1].key_id, bytes(72))).encode()

    with pytest.raises(SignatureError, match=r"X2\.example"):
        policy.satisfied(rules, cosigned(["X1"]) + broken)


def test_without_witnesses_the_log_alone_decides(
    fill: Callable[[str], bytes], cosigned: Callable[[Iterable[str]], bytes]
) -> None:
    rules = policy.parse(fill("log <L>\nquorum none\n"))

    assert policy.satisfied(rules, cosigned([])) == ()
    assert policy.verify(rules, cosigned(["X1"])) == HEAD


def test_a_log_that_the_policy_does_not_name_is_refused(
    fill: Callable[[str], bytes], cosigned: Callable[[Iterable[str]], bytes]
) -> None:
    rules = policy.parse(fill("witness X1 <X1>\nquorum X1\n"))

    with pytest.raises(UnknownKeyError, match="0 known keys"):
        policy.verify(rules, cosigned(["X1"]))


def test_a_single_witness_can_be_the_quorum(
    fill: Callable[[str], bytes], cosigned: Callable[[Iterable[str]], bytes]
) -> None:
    rules = policy.parse(fill("witness X1 <X1>\nwitness X2 <X2>\nquorum X2\n"))

    assert len(policy.satisfied(rules, cosigned(["X2"]))) == 1
    with pytest.raises(QuorumError):
        policy.satisfied(rules, cosigned(["X1"]))


def test_names_are_octets_and_need_not_be_utf8(fill: Callable[[str], bytes]) -> None:
    kelvin = "witness K <X1>\nwitness \u212a <X2>\ngroup 村 all K \u212a\nquorum 村\n"

    found = policy.parse(fill(kelvin))
    latin = policy.parse(fill("witness W <X1>\nquorum W\n").replace(b"W", b"\xe9"))

    assert found.quorum == "村"
    assert latin.quorum == latin.witnesses[0].name == "\udce9"


def test_the_message_about_a_name_that_is_no_utf8_can_be_printed(
    fill: Callable[[str], bytes], cosigned: Callable[[Iterable[str]], bytes]
) -> None:
    rules = policy.parse(fill("witness W <X1>\nquorum W\n").replace(b"W", b"\xe9"))

    with pytest.raises(QuorumError) as caught:
        policy.satisfied(rules, cosigned([]))

    assert "\ufffd" in str(caught.value).encode().decode()


WITNESSES = "witness X1 <X1>\nwitness X2 <X2>\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "ends in a newline"),
        ("quorum none", "ends in a newline"),
        ("\n", "one quorum line, found none"),
        ("quorum none\nquorum none\n", "line 2: .*second"),
        ("quorum X1\n", "line 1: .*earlier line, found 'X1'"),
        ("quorum X1\nwitness X1 <X1>\n", "line 1: .*earlier"),
        ("quorum\n", "line 1: expected log, witness"),
        ("quorum none none\n", "line 1: expected log, witness"),
        ("Quorum none\n", "line 1: expected log, witness"),
        ("quorum none # so be it\n", "line 1: expected log, witness"),
        ("log\nquorum none\n", "line 1"),
        ("log <L> url more\nquorum none\n", "line 1"),
        ("log <X1>\nquorum none\n", "type 0x01, found X1"),
        ("log example.com\nquorum none\n", "line 1: expected a verifier key"),
        ("log <L>\nlog <L>\nquorum none\n", "line 2: .*second time"),
        ("witness X1\nquorum none\n", "line 1"),
        ("witness X1 <L>\nquorum none\n", "type 0x04 or 0x06, found"),
        ("witness none <X1>\nquorum none\n", "found 'none', which is taken"),
        ("witness X1 <X1>\nwitness X1 <X2>\nquorum none\n", "line 2: .*'X1', which is taken"),
        ("witness X1 <X1>\nwitness X2 <X1>\nquorum none\n", "line 2: .*second time"),
        (WITNESSES + "group X1 any X2\nquorum none\n", "line 3: .*'X1', which is taken"),
        (WITNESSES + "group none any X2\nquorum none\n", "'none', which is taken"),
        (WITNESSES + "group g any\nquorum none\n", "line 3"),
        (WITNESSES + "group g any none\nquorum none\n", "no other group, found 'none'"),
        (WITNESSES + "group g any X3\nquorum none\n", "found 'X3'"),
        (WITNESSES + "group g any g\nquorum none\n", "found 'g'"),
        (WITNESSES + "group g any X1 X1\nquorum none\n", "no other group, found 'X1'"),
        (WITNESSES + "group g any X1\ngroup h any X1 X2\nquorum none\n", "line 4: .*'X1'"),
        (WITNESSES + "group g 0 X1 X2\nquorum g\n", "number from 1 to 2, found '0'"),
        (WITNESSES + "group g 3 X1 X2\nquorum g\n", "number from 1 to 2, found '3'"),
        (WITNESSES + "group g 02 X1 X2\nquorum g\n", "number from 1 to 2, found '02'"),
        (WITNESSES + "group g -1 X1 X2\nquorum g\n", "number from 1 to 2, found '-1'"),
        (WITNESSES + "group g most X1 X2\nquorum g\n", "found 'most'"),
        (WITNESSES + "group g ２ X1 X2\nquorum g\n", "found '２'"),
        ("# carriage return\r\nquorum none\n", "line 1: expected no control"),
        ("quorum\u00a0none\n", "line 1: expected log, witness"),
        ("quorum\x0bnone\n", "line 1: expected no control"),
        ("quorum none\x7f\n", "line 1: expected no control"),
        ("quorum none\x00\n", "line 1: expected no control"),
    ],
)
def test_a_file_that_breaks_a_rule_is_refused(
    fill: Callable[[str], bytes], text: str, message: str
) -> None:
    with pytest.raises(PolicyError, match=message):
        policy.parse(fill(text))


def test_a_policy_of_32_logs_witnesses_and_groups_is_read(signer_of: Make) -> None:
    lines = []
    for at in range(32):
        record = signer_of(f"w-{at}", "county", at + 1).record
        log = notes.key_of(record, f"log-{at}.example", SignatureType.ED25519)
        witness = notes.key_of(record, f"w-{at}.example", SignatureType.COSIGNATURE)
        below = [f"g{at - 1}"] if at else []
        lines += [f"log {log.vkey}", f"witness w{at} {witness.vkey}"]
        lines += [" ".join([f"group g{at} all w{at}", *below])]

    found = policy.parse("\n".join([*lines, "quorum g31", ""]).encode())

    everybody = frozenset(witness.name for witness in found.witnesses)
    assert policy.witnessed(found, everybody)
    assert not policy.witnessed(found, everybody - {"w0"})
