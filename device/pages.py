"""Pages: the photos of a document that the clerk lays down for a request, until it is filed."""

from __future__ import annotations

import itertools
from concurrent.futures import Future

from device import bodies
from device.capture import Capture, Taken
from device.eyes import Eyes, Seen
from device.kiosk.port import PagePhoto
from device.references import References
from ledger.records import PhotoRef

KEPT = 60  # a request has at most 60 pages


class Pages:
    """Photographs pages on the eyes' thread; belongs to the agent's loop."""

    def __init__(self, eyes: Eyes, references: References) -> None:
        self._eyes = eyes
        self._references = references
        self._tokens = itertools.count(1)
        self._answers: dict[int, Future[object]] = {}
        self.taken: dict[str, PhotoRef] = {}

    def take(self, answer: Future[object]) -> None:
        """Photograph the page under the camera and keep a copy to compare with later."""
        token = next(self._tokens)
        self._answers[token] = answer
        self._eyes.ask(token, self._photograph)

    def seen(self, seen: Seen) -> bool:
        """Answer the clerk with a page that was photographed; False if nobody asked here."""
        answer = self._answers.pop(seen.token, None)
        if answer is None:
            return False
        if seen.error is not None:
            answer.set_exception(seen.error)
            return True
        taken: Taken = seen.value
        self.taken[taken.sha256] = bodies.photo_ref(taken)
        for old in list(self.taken)[:-KEPT]:
            del self.taken[old]
        answer.set_result(PagePhoto(page=taken.sha256, jpeg=taken.jpeg, findings=taken.findings))
        return True

    def _photograph(self, capture: Capture) -> Taken:
        taken = capture.take()
        self._references.keep(taken.jpeg)
        return taken
