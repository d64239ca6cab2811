"""Site: what all endpoints of one application share, and how they hand an order to the writer."""

from __future__ import annotations

from concurrent.futures import TimeoutError as FutureTimeoutError

from gateway.commands import Command
from gateway.errors import StoreError
from gateway.web.passkey_checks import Challenges
from gateway.web.port import ConsolePort
from gateway.web.render import Renderer
from gateway.web.sessions import Sessions

PATIENCE_S = 15.0  # how long a page waits for the writer before it says so


class Site:
    """The port, the sessions and the templates; immutable after creation.

    Args:
        port: the running gateway.
    """

    def __init__(self, port: ConsolePort) -> None:
        self.port = port
        self.sessions = Sessions(port.now_ms)
        self.challenges = Challenges(port.now_ms)
        self.renderer = Renderer()

    @property
    def simulated(self) -> bool:
        """Whether this gateway trusts simulated machines, and only those."""
        return self.port.keyring.domain == "sim"

    def order(self, command: Command) -> object:
        """Have the writer carry out `command` and return its answer.

        Raises:
            GatewayError: it was refused, or the writer did not answer in time.
        """
        try:
            return self.port.submit(command).result(PATIENCE_S)
        except FutureTimeoutError as error:
            raise StoreError(
                f"expected the writer's answer within {PATIENCE_S:.0f} s, found none: "
                "look whether it was done before you repeat it"
            ) from error
