"""The technician's live panel: one page that shows the plant and lets hands and faults play."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from sim.faults import CATALOGUE, Place
from sim.machine import SimMachine
from sim.plant import Input, Output
from sim.texts import EN, ZH

_HERE = Path(__file__).parent


def mount(app: FastAPI, machine: SimMachine) -> None:
    """Add the page at `/` (`?lang=en` for English) and its files at `/static`."""
    templates = Jinja2Templates(directory=_HERE)
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")

    @app.get("/", response_class=HTMLResponse)
    def page(request: Request, lang: Literal["zh", "en"] = "zh") -> HTMLResponse:
        context = {
            "text": EN if lang == "en" else ZH,
            "lang": lang,
            "places": [(place.value, _faults_at(place)) for place in Place],
            "inputs": [item.name.lower() for item in Input],
            "outputs": [item.name.lower() for item in Output],
            "options": machine.options,
            "addresses": machine.addresses,
        }
        return templates.TemplateResponse(request, "panel.html", context)


def _faults_at(place: Place) -> list[dict[str, object]]:
    return [
        {"name": fault.name, "counts": fault.counts, "title": f"{fault.strikes}. {fault.must}"}
        for fault in CATALOGUE
        if fault.place is place
    ]
