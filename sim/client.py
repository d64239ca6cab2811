"""The control address of a simulated machine, as a script calls it (see sim.control)."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any, ClassVar

from sim.errors import SimError

TIMEOUT_S = 15.0  # a stroke takes under a second, but this computer may be busy


class MachineCallError(SimError):
    """The control address refused a call or was not there; `reason` is its error word or ""."""

    code: ClassVar[str] = "machine-call"

    def __init__(self, expected: str, found: str, reason: str = "") -> None:
        super().__init__(expected, found)
        self.reason = reason


class MachineClient:
    """Calls one machine; every method may be called from any thread.

    Args:
        control: the `control` of `seal-sim machine`'s JSON line.
    """

    def __init__(self, control: str) -> None:
        self.url = control.rstrip("/")
        # Loopback alone: a proxy of the environment has no business here.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def state(self) -> dict[str, Any]:
        """Return everything that GET /state says."""
        answer = self._call("GET", "/state")
        assert isinstance(answer, dict)
        return answer

    def presses(self) -> int:
        """Return how often the press has met the tray since the machine was started: the truth."""
        return int(self.state()["presses"])

    def lay_card(self, uid: str) -> None:
        """Lay a card on the reader."""
        self._call("POST", "/card", {"uid": uid})

    def lay_page(self, photo: str) -> dict[str, Any]:
        """Lay a sheet: a picture's path, `rendered:N`, `blank` or `markers`; return the sheet."""
        return self._sheet({"photo": photo})

    def lay_again(self) -> dict[str, Any]:
        """Lay another sheet of what was laid last, as for the second copy; return the sheet."""
        return self._sheet({})

    def take_page(self) -> None:
        """Take the sheet away."""
        self._call("POST", "/paper", {"photo": None})

    def press_lever(self, seal: int = 1) -> dict[str, Any]:
        """Press a seal's lever and return what became of it, once it is at the top again."""
        answer = self._call("POST", "/lever", None if seal == 1 else {"seal": seal})
        assert isinstance(answer, dict)
        return answer

    def press_inside(self) -> dict[str, Any]:
        """Press behind the open hatch and return what became of it."""
        answer = self._call("POST", "/inside")
        assert isinstance(answer, dict)
        return answer

    def move_seal(self, *, present: bool) -> bool:
        """Take the seal out or put it in, behind the open hatch; True if it went."""
        return bool(self._call("POST", "/seal", {"present": present})["moved"])

    def shut_hatch(self) -> bool:
        """Push the hatch shut; True if it then is."""
        return bool(self._call("POST", "/door", {"closed": True})["closed"])

    def set_fault(
        self,
        name: str,
        *,
        count: int | None = None,
        seconds: float | None = None,
        on: str = "any",
    ) -> None:
        """Make a fault active; see sim.faults, also for what `on` a fault of the line strikes."""
        call = {"name": name, "count": count, "seconds": seconds, "on": on}
        self._call("POST", "/faults", call)

    def clear_fault(self, name: str) -> None:
        """End a fault."""
        self._call("DELETE", f"/faults/{urllib.parse.quote(name, safe='')}")

    def _sheet(self, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._call("POST", "/paper", body)
        assert isinstance(answer, dict) and isinstance(answer["paper"], dict)
        return answer["paper"]

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        request.add_header("Content-Type", "application/json")
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise _refused(f"{method} {path}", error) from error
        except (OSError, http.client.HTTPException) as error:
            raise MachineCallError(
                f"an answer of {self.url} to {method} {path}", str(error)
            ) from error


def _refused(call: str, error: urllib.error.HTTPError) -> MachineCallError:
    said = error.read().decode("utf-8", "replace")
    try:
        answer = json.loads(said)
        return MachineCallError(
            f"{call}: {answer['expected']}", str(answer["found"]), str(answer["error"])
        )
    except (ValueError, KeyError, TypeError):
        return MachineCallError(f"{call} to be taken", f"status {error.code}: {said[:200]}")
