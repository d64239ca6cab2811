"""Photos: resumable, checked whole, bounded."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import StoreError
from gateway.register.photos import (
    ABORT,
    GO_ON,
    MOST_UNNAMED,
    PAUSE,
    STORED,
    PhotoIntake,
    Reply,
)
from gateway.register.quarantine import ArrivalError
from gateway.register.vault import Vault
from ledger.errors import MalformedError
from ledger.records import Incident, PhotoRef
from ledger.topics import Leaf, Topic

Town = Any
TOWNSHIP = "330109110000"
CHUNK = 64


class Camera:
    """Sends one photo file of a machine to the intake, as the agent does."""

    def __init__(self, town: Town, intake: PhotoIntake, machine: str = "m-1") -> None:
        self.town, self.intake, self.machine = town, intake, machine

    def say(self, photo: Any, what: str, payload: bytes) -> Reply | None:
        topic = Topic(TOWNSHIP, self.machine, Leaf.PHOTO, (photo.ref.sealed_sha256, what))
        with self.town.store.reader() as reader:
            return self.intake.take(reader, topic, payload)

    def init(self, photo: Any) -> Reply | None:
        return self.say(photo, "init", b'{"size": %d}' % len(photo.sealed))

    def fin(self, photo: Any) -> Reply | None:
        return self.say(photo, "fin", b'{"size": %d}' % len(photo.sealed))

    def chunks(self, photo: Any, start: int = 0, end: int | None = None) -> list[Reply | None]:
        stop = len(photo.sealed) if end is None else end
        return [
            self.say(photo, str(at), photo.sealed[at : at + CHUNK])
            for at in range(start, stop, CHUNK)
        ]


class Disk:
    """Free space as the test wants it."""

    def __init__(self) -> None:
        self.free_mb = 10_000


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def vault(town: Town) -> Vault:
    return Vault(town.folder / "photos", town.open_sealed)


@pytest.fixture
def camera(town: Town, vault: Vault, disk: Disk) -> Camera:
    folder = town.folder / "incoming"
    return Camera(town, PhotoIntake(folder, vault, 100, lambda _: disk.free_mb))


@pytest.fixture
def named(desk: Town) -> Any:
    """Return a page photo that a request's opening names."""
    filed = desk.file()
    machine = desk.machines["m-1"]
    desk.take(
        machine.message(filed.raw), machine.message(filed.opening, Leaf.OPENING, filed.sha256)
    )
    return filed.page


def test_named_photo_is_stored_encrypted_and_opens_to_the_jpeg(
    camera: Camera, named: Any, vault: Vault
) -> None:
    assert camera.init(named) == Reply(code=GO_ON, offset=0)
    assert camera.chunks(named) == [None] * len(range(0, len(named.sealed), CHUNK))

    reply = camera.fin(named)

    assert reply is not None and reply.code == STORED and reply.arrived is not None
    assert vault.path(named.ref.sealed_sha256).read_bytes() == named.sealed
    assert vault.open(reply.arrived) == named.jpeg
    assert list((camera.town.folder / "incoming").rglob("*.part")) == []


def test_transfer_goes_on_from_where_it_was_cut(camera: Camera, named: Any) -> None:
    camera.init(named)
    camera.chunks(named, end=2 * CHUNK)

    assert camera.init(named) == Reply(code=GO_ON, offset=2 * CHUNK)
    camera.chunks(named, start=2 * CHUNK)
    reply = camera.fin(named)

    assert reply is not None and reply.code == STORED


@pytest.mark.parametrize("said", [b'{"size": -1}', b'{"\xff": 1}'])
def test_transfer_without_a_size_is_malformed(camera: Camera, named: Any, said: bytes) -> None:
    with pytest.raises(MalformedError):
        camera.say(named, "init", said)


def test_lost_chunk_is_asked_for_once(camera: Camera, named: Any) -> None:
    camera.init(named)
    camera.chunks(named, end=CHUNK)

    replies = camera.chunks(named, start=2 * CHUNK)

    assert replies[0] == Reply(code=GO_ON, offset=CHUNK)
    assert set(replies[1:]) == {None}
    assert camera.fin(named) == Reply(code=GO_ON, offset=CHUNK)


def test_repeated_and_overlapping_chunks_change_nothing(camera: Camera, named: Any) -> None:
    camera.init(named)
    camera.chunks(named, end=2 * CHUNK)
    camera.chunks(named, end=CHUNK)
    camera.chunks(named, start=2 * CHUNK)

    reply = camera.fin(named)

    assert reply is not None and reply.code == STORED


def test_repeated_fin_and_later_init_say_stored(camera: Camera, named: Any) -> None:
    camera.init(named)
    camera.chunks(named)
    camera.fin(named)
    with camera.town.store.transaction() as transaction:
        transaction.photo_stored(named.ref.sealed_sha256, len(named.sealed), 1)

    assert camera.fin(named) == Reply(code=STORED, offset=len(named.sealed))
    assert camera.init(named) == Reply(code=STORED, offset=len(named.sealed))


def test_file_that_a_crash_left_without_its_row_is_found_again(camera: Camera, named: Any) -> None:
    camera.init(named)
    camera.chunks(named)
    camera.fin(named)

    reply = camera.init(named)

    assert reply is not None and reply.code == STORED and reply.arrived is not None


def test_damaged_file_is_sent_again_from_the_start(
    camera: Camera, named: Any, vault: Vault
) -> None:
    camera.init(named)
    camera.say(named, "0", bytes(len(named.sealed)))

    reply = camera.fin(named)

    assert reply == Reply(code=GO_ON, offset=0)
    assert not vault.has(named.ref.sealed_sha256)


def test_wrong_size_is_aborted(camera: Camera, named: Any) -> None:
    assert camera.say(named, "init", b'{"size": 5}') == Reply(code=ABORT, offset=0)


def test_more_bytes_than_named_are_aborted(camera: Camera, named: Any) -> None:
    camera.init(named)
    camera.chunks(named)

    reply = camera.say(named, str(len(named.sealed)), b"more")

    assert reply == Reply(code=ABORT, offset=0)


def test_file_that_nobody_named_waits_until_it_is_named(desk: Town, camera: Camera) -> None:
    filed = desk.file()
    machine = desk.machines["m-1"]
    camera.init(filed.page)
    camera.chunks(filed.page)

    early = camera.fin(filed.page)
    desk.take(
        machine.message(filed.raw), machine.message(filed.opening, Leaf.OPENING, filed.sha256)
    )
    late = camera.init(filed.page)

    assert early == Reply(code=PAUSE, offset=len(filed.page.sealed))
    assert late is not None and late.code == STORED


def test_photo_of_one_machine_cannot_be_sent_by_another(
    desk: Town, vault: Vault, named: Any, disk: Disk
) -> None:
    intake = PhotoIntake(desk.folder / "incoming", vault, 100, lambda _: disk.free_mb)
    other = Camera(desk, intake, "m-2")
    other.init(named)
    other.chunks(named)

    assert other.fin(named) == Reply(code=PAUSE, offset=len(named.sealed))
    assert not vault.has(named.ref.sealed_sha256)


def test_unnamed_files_are_bounded_and_named_ones_are_not(
    desk: Town, camera: Camera, named: Any
) -> None:
    photos = [desk.photo(b"unnamed %d" % n) for n in range(MOST_UNNAMED + 1)]

    codes = [camera.init(photo) for photo in photos]

    assert [reply.code for reply in codes if reply] == [GO_ON] * MOST_UNNAMED + [PAUSE]
    assert camera.init(named) == Reply(code=GO_ON, offset=0)


def test_full_disk_pauses_and_keeps_what_came(camera: Camera, named: Any, disk: Disk) -> None:
    camera.init(named)
    camera.chunks(named, end=CHUNK)
    disk.free_mb = 99

    assert camera.say(named, str(CHUNK), b"x") == Reply(code=PAUSE, offset=CHUNK)
    assert camera.init(named) == Reply(code=PAUSE, offset=CHUNK)
    disk.free_mb = 100
    assert camera.init(named) == Reply(code=GO_ON, offset=CHUNK)


def test_write_error_pauses_and_leaves_whole_chunks_only(
    camera: Camera, named: Any, mocker: Any
) -> None:
    camera.init(named)
    camera.chunks(named, end=CHUNK)
    part = next((camera.town.folder / "incoming").rglob("*.part"))
    real = Path.open

    def failing(self: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        file = real(self, mode, *rest, **more)
        if mode == "ab":
            file.write(b"half")
            file.close()
            raise OSError(errno.ENOSPC, "No space left on device")
        return file

    mocker.patch.object(Path, "open", failing)
    reply = camera.say(named, str(CHUNK), named.sealed[CHUNK : 2 * CHUNK])
    mocker.stopall()

    assert reply == Reply(code=PAUSE, offset=CHUNK)
    assert part.read_bytes() == named.sealed[:CHUNK]


@pytest.mark.parametrize(
    ("what", "payload"),
    [
        ("init", b"{}"),
        ("init", b"[1]"),
        ("init", b'{"size": -1}'),
        ("fin", b'{"size": 99999999999}'),
        ("x", b"chunk"),
        ("0", b""),
        ("0", bytes(2 * 1024 * 1024)),
    ],
)
def test_what_is_no_message_of_ours_is_refused(
    camera: Camera, named: Any, what: str, payload: bytes
) -> None:
    with pytest.raises(MalformedError):
        camera.say(named, what, payload)


def test_damaged_stored_photo_is_not_shown(camera: Camera, named: Any, vault: Vault) -> None:
    camera.init(named)
    camera.chunks(named)
    reply = camera.fin(named)
    assert reply is not None and reply.arrived is not None
    path = vault.path(named.ref.sealed_sha256)
    path.write_bytes(path.read_bytes()[:-1] + b"!")

    with pytest.raises(StoreError, match="restore it"):
        vault.open(reply.arrived)


def test_photo_whose_content_is_not_the_named_one_becomes_a_trouble(
    desk: Town, camera: Camera
) -> None:
    wrong = desk.photo(b"something else")
    machine = desk.machines["m-1"]
    ref = PhotoRef(
        sha256="0" * 64,
        size=wrong.ref.size,
        sealed_sha256=wrong.ref.sealed_sha256,
        sealed_size=wrong.ref.sealed_size,
    )
    raw = machine.sign(
        Incident(
            intent=None,
            seal="committee",
            code="tamper",
            impressions_min=0,
            impressions_max=0,
            held=False,
            photos=(ref,),
            text_commitment=None,
        )
    )
    desk.take(machine.message(raw))
    camera.init(wrong)
    camera.chunks(wrong)

    with pytest.raises(ArrivalError) as caught:
        camera.fin(wrong)

    assert caught.value.code == "bad-photo"
    assert list((desk.folder / "incoming").rglob("*.part")) == []
