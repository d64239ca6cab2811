"""Registration of seals: drafted from an imprint sample by one person, released by another."""

from __future__ import annotations

from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Annotated, Any, Literal

import structlog
from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from gateway import register_folder
from gateway.commands import NoteExport
from gateway.commands_seals import DraftRegistration, ReleaseRegistration
from gateway.desk.access import Action
from gateway.errors import NotFoundError, RequestRefusedError, StoreError
from gateway.orders_seals import LEAST, LONGEST, MOST, is_waiting
from gateway.sample_worker import SealedSpecimen
from gateway.stores import Reader
from gateway.stores.calendar import local_date
from gateway.stores.registrations import RegistrationView, SampleView, SealWords
from gateway.web.console.retention import mine
from gateway.web.downloads import download
from gateway.web.identity import Allow, AllowChange, Visitor, site_of
from gateway.web.pages import page, see_other
from gateway.web.site import Site
from ledger.codec import sha256
from ledger.records_office import LedgerExport

SAMPLES = 10  # shown on a seal's page
SPECIMEN_S = 60.0  # reading takes 3 s, longer where other work is done

log = structlog.get_logger()
router = APIRouter()
Looker = Annotated[Visitor, Depends(Allow(Action.DRAFT_REGISTRATION))]
Drafter = Annotated[Visitor, Depends(AllowChange(Action.DRAFT_REGISTRATION))]
Releaser = Annotated[Visitor, Depends(AllowChange(Action.RELEASE_REGISTRATION))]
Exporter = Annotated[Visitor, Depends(AllowChange(Action.EXPORT_REGISTER))]
Words = Annotated[str, Form(max_length=100)]
Millimetres = Annotated[float, Form(ge=LEAST / 10, le=MOST / 10, allow_inf_nan=False)]


@router.get("/registrations/{sample}")
def form(request: Request, visitor: Looker, sample: str) -> Response:
    """The specimen that a sample gives, what was read and measured, and the form."""
    site = site_of(request)
    with site.port.reader() as reader:
        found = _sample(reader, visitor, sample)
    cut = _cut_out(site, sample)
    with site.port.reader() as reader:
        held = {one.seal: one for one in reader.registered_seals(found.machine)}
        return page(
            request,
            reader,
            visitor,
            "registration.html",
            "custody",
            sample=found,
            machine=reader.machine(found.machine),
            specimen=cut.specimen,
            held=held.get(found.seal),
            longest=LONGEST,
            limits=(LEAST / 10, MOST / 10),
            people={one.account: one.name for one in reader.accounts()},
        )


@router.get("/registrations/{sample}/specimen.png")
def specimen(request: Request, visitor: Looker, sample: str) -> Response:
    """The picture that would be registered."""
    site = site_of(request)
    with site.port.reader() as reader:
        _sample(reader, visitor, sample)
    return Response(_cut_out(site, sample).specimen.png, media_type="image/png")


@router.post("/registrations/{sample}")
def draft(
    request: Request,
    visitor: Drafter,
    sample: str,
    shape: Annotated[Literal["round", "oval", "square"], Form()],
    width: Millimetres,
    height: Millimetres,
    name: Words = "",
    ring_text: Words = "",
    line: Words = "",
    number: Words = "",
) -> Response:
    """Draft a registration; another person releases it."""
    site = site_of(request)
    with site.port.reader() as reader:
        found = _sample(reader, visitor, sample)
    cut = _cut_out(site, sample)
    if not cut.specimen.complete:
        raise RequestRefusedError("sample-incomplete", "expected a whole imprint, found a part")
    command = DraftRegistration(
        by=visitor.account.account,
        machine=found.machine,
        seal=found.seal,
        sample=sample,
        words=SealWords(name, ring_text, line, number),
        shape=shape,
        width=round(10 * width),
        height=round(10 * (width if shape == "round" else height)),
        specimen=cut.ref,
        sealed=cut.sealed,
    )
    site.order(command)
    return see_other(f"/custody/{found.machine}/{found.seal}?done=registration-drafted")


@router.post("/registrations/drafts/{draft}/release")
def release(request: Request, visitor: Releaser, draft: str) -> Response:
    """Have another person's draft hold from now."""
    site = site_of(request)
    with site.port.reader() as reader:
        found = reader.registration(draft)
        if found is None or not visitor.sees(found.machine, Action.RELEASE_REGISTRATION):
            raise NotFoundError(f"expected a draft, found none named {draft[:64]}")
    site.order(ReleaseRegistration(by=visitor.account.account, draft=draft))
    return see_other(f"/custody/{found.machine}/{found.seal}?done=registration-released")


@router.post("/register/export")
def export(
    request: Request, visitor: Exporter, form: Annotated[Literal["zip"], Form()]
) -> Response:
    """Hand out the register with its specimens, once the log says who takes it.

    A seal whose specimen cannot be opened is listed without one.
    """
    site = site_of(request)
    with site.port.reader() as reader:
        machines = [
            one for one in reader.machines() if visitor.sees(one.machine, Action.EXPORT_REGISTER)
        ]
        seals = [seal for one in machines for seal in reader.registered_seals(one.machine)]
        names = {one.specimen.sealed_sha256 for one in seals}
        found = {name: _opened(site, name) for name in names}
    pictures = {name: picture for name, picture in found.items() if picture is not None}
    file = register_folder.to_zip(seals, pictures)
    today = local_date(site.port.now_ms())
    body = LedgerExport(
        what="register",
        form=form,
        from_date=today,
        to_date=today,
        village=None,
        rows=len(seals),
        file_sha256=sha256(file),
        by=visitor.account.account,
    )
    site.order(NoteExport(by=visitor.account.account, body=body))
    plain = f"seal-register-{today}.zip"
    return download(file, "application/zip", plain, f"印章登记-{today}.zip")


def looks(reader: Reader, visitor: Visitor, machine: str, seal: str, now_ms: int) -> dict[str, Any]:
    """Return what a seal's page shows of its registration and samples."""
    known = reader.registrations(machine, seal)
    held = next((one for one in reader.registered_seals(machine) if one.seal == seal), None)
    pictures = {one.draft: _picture(reader, one) for one in known}
    return {
        "held": next((one for one in known if held and one.released == held.registration), None),
        "drafts": [one for one in known if is_waiting(one, known, now_ms)],
        "pictures": pictures,
        "compared": {one.released: pictures[one.draft] for one in known if one.released},
        "samples": reader.samples(machine, seal, SAMPLES),
        "mine": mine(reader, visitor),
    }


def _opened(site: Site, sealed_sha256: str) -> bytes | None:
    try:
        return site.port.photo(sealed_sha256)
    except StoreError as error:
        log.error("specimen_left_out", photo=sealed_sha256, reason=str(error))
        return None


def _picture(reader: Reader, one: RegistrationView) -> Any:
    return next(iter(reader.photo(one.specimen.sealed_sha256)), None)


def _sample(reader: Reader, visitor: Visitor, sample: str) -> SampleView:
    found = reader.sample(sample)
    if found is None or not visitor.sees(found.machine, Action.DRAFT_REGISTRATION):
        raise NotFoundError(f"expected an imprint sample, found none named {sample[:64]}")
    return found


def _cut_out(site: Site, sample: str) -> SealedSpecimen:
    try:
        return site.port.cut_out(sample).result(SPECIMEN_S)
    except FutureTimeoutError as error:
        raise StoreError(
            f"expected the specimen within {SPECIMEN_S:.0f} s, found none: try again"
        ) from error
