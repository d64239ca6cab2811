"""The township's own keys change: its machines follow, and believe nobody else meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from device.township_keys import TownshipKeys
from ledger import checkpoint, codec, envelope, notes
from ledger.errors import LedgerError, UnknownKeyError
from ledger.messages import OpeningStored
from ledger.signers import Signer, keyfile
from sim.township_files import CommandError
from tests.sim.own_keys import Machine, enter, name_new, request
from tests.sim.test_enrolment import Place, enrolled
from tests.sim.test_rotation import TOWNSHIP, configured


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    made.found()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def machine(place: Place) -> Iterator[Machine]:
    made = Machine(place, configured(enrolled(place).out))
    made.link()
    made.deliver()
    made.learn(1)
    yield made
    made.close()


def stored(signer: Signer) -> bytes:
    """Return a message of the gateway under some key."""
    body = OpeningStored(gateway="gw-1", device="m-1", payload_sha256="0" * 64, at_ms=1)
    return envelope.sign(codec.payload_type(body.kind), codec.encode_message(body), signer)


def head(place: Place) -> bytes:
    """Return the newest published checkpoint."""
    (found,) = (place.folder / "public").glob("*/checkpoint")
    return found.read_bytes()


@pytest.mark.slow
def test_machine_follows_the_gateways_new_key_and_believes_the_old_one_no_more(
    place: Place, machine: Machine
) -> None:
    agreed = request(place, "gateway")
    with pytest.raises(CommandError, match=r"own-key: .*stop the gateway"):
        enter(place, agreed)
    machine.deliver()  # the old key goes on until the very restart
    place.stop()
    name_new(place, "gateway", "gw-1-1-gateway-2")

    enter(place, agreed)
    place.start()
    machine.deliver()
    machine.learn(2)

    old = keyfile.load(place.folder / "gateway.key", place.folder / "gw-1-1.json")
    with pytest.raises(UnknownKeyError, match="replaced or revoked"):
        machine.keys.message(stored(old), 9999)
    place.stop()  # from here on nobody can tell it anything
    again = TownshipKeys(machine.journal, machine.keys.lineage.trusted, TOWNSHIP,
                         machine.keys.lineage.founding)  # fmt: skip
    new = place.folder / "renewed" / "gw-1-1-gateway-2"
    again.message(stored(keyfile.load(new.with_suffix(".key"), new.with_suffix(".json"))), 9999)
    with pytest.raises(UnknownKeyError):
        again.message(stored(old), 9999)


@pytest.mark.slow
def test_machine_follows_the_logs_new_key_and_no_checkpoint_of_the_old_one(
    place: Place, machine: Machine
) -> None:
    enter(place, request(place, "log"))  # the log names the key that it has: while it runs
    machine.learn(2)
    agreed = request(place, "log")
    place.stop()
    name_new(place, "log", "gw-1-1-log-2")

    enter(place, agreed)
    place.start()
    machine.deliver()
    machine.learn(3)

    now = checkpoint.parse(notes.parse(head(place)).text)
    old = keyfile.load(place.folder / "log.key", place.folder / "gw-1-1-log.json")
    later = checkpoint.Checkpoint(now.origin, now.size + 1, now.root)
    terms = machine.keys.log_terms()
    assert terms.verify(head(place)) == now
    with pytest.raises(LedgerError):
        terms.verify(checkpoint.sign(later, old))


@pytest.mark.slow
def test_machine_that_was_away_during_both_changes_comes_back(
    place: Place, machine: Machine
) -> None:
    machine.bus.stop()
    enter(place, request(place, "log"))
    for role in ("log", "gateway"):
        agreed = request(place, role)
        place.stop()
        name_new(place, role, f"gw-1-1-{role}-2")
        enter(place, agreed)
        place.start()
    config = configured(place.folder / "m-1")
    machine.journal.close()

    back = Machine(place, config)
    back.link()

    back.deliver()
    back.learn(4)
    back.close()


@pytest.mark.slow
def test_gateway_does_not_start_with_a_key_that_the_log_does_not_name(place: Place) -> None:
    place.stop()
    enter(place, request(place, "log"))
    agreed = request(place, "log")
    name_new(place, "log", "gw-1-1-log-2")

    with pytest.raises(CommandError, match=r"log\.signer"):
        place.run("revoke-key", "--config", str(place.config), "--machine", "m-1",
                  "--reason", "lost")  # fmt: skip

    enter(place, agreed)
    place.start()
