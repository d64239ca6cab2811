"""The MQTT bus: paho behind the `Bus` contract; the only module that knows paho.

Rules kept here:
- Nothing that a caller was told failed is sent later: paho's own queue is emptied before each
  connection, because the journal resends (bus.py).
- A message is acknowledged in `done` only, on the connection that brought it, with those that wait.
- The link counts as up only after the broker granted every subscription.
- Our certificate is read again for each connection: it is renewed while we run.
- Nothing that a broker sends or a callback raises ends paho's thread.
"""

from __future__ import annotations

import random
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ledger import mqtt_secrets
from ledger.bus import Message
from ledger.mqtt_options import BusOptionsError, Options, address, check_filter

__all__ = ["BusOptionsError", "MqttBus", "Options", "connect"]

HANDSHAKE_S = 10.0  # from the open socket to the last granted subscription
STEADY_S = 5.0  # a link that held this long lets the back-off start small again
FAREWELL_S = 3.0  # time for the queue and DISCONNECT to leave when stopping
JOIN_S = 7.0  # paho gives up a connection attempt after 5 s
AHEAD = 1 << 16  # bytes taken from the socket at once; paho alone takes a packet in four

_SUCCESS = MQTTErrorCode.MQTT_ERR_SUCCESS
_Told = TypeVar("_Told", Message, bool)

log = structlog.get_logger()


def connect(options: Options) -> MqttBus:
    """Return a bus for these options; nothing is sent before `start`.

    Raises:
        BusOptionsError: the address is malformed, or a named file is missing or too open.
    """
    scheme, host, port = address(options.url)
    client = _Client(
        CallbackAPIVersion.VERSION2,
        client_id=options.client_id,
        clean_session=options.clean_session,
        protocol=MQTTProtocolVersion.MQTTv311,
        manual_ack=True,
    )
    client.max_inflight_messages_set(options.inflight)
    client.max_queued_messages_set(options.queued)
    if options.will_topic is not None:
        client.will_set(options.will_topic, options.will_payload, 1, options.will_retain)
    if options.username is not None:
        client.username_pw_set(options.username, mqtt_secrets.password(options))
        if scheme == "mqtt" and host not in ("localhost", "127.0.0.1", "::1"):
            log.warning("mqtt_password_in_clear", host=host)
    if scheme == "mqtts":
        client.trust = mqtt_secrets.tls(options)
        client.tls_set_context(client.trust)
    client.connect_async(host, port, options.keepalive_s)
    return MqttBus(client, options)


class MqttBus:
    """The `Bus` over one MQTT 3.1.1 connection.

    Callbacks run on paho's thread; every method may be called from any thread, also from a
    callback. `_sending` excludes `publish` while a new connection begins; `_lock` guards the
    rest and is never held during a callback. They are two because paho may hold its own lock
    over its queue when it reports a lost link.
    """

    def __init__(self, client: _Client, options: Options) -> None:
        self._client = client
        self._options = options
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._filters: dict[str, int] = {}
        self._asked: dict[int, list[str]] = {}  # packet id -> filters whose grant is awaited
        self._unacked: dict[int, int] = {}  # packet id -> token
        self._unwritten: deque[paho.MQTTMessageInfo] = deque()  # QoS 0, paho bounds QoS 1 only
        self._serial = 0
        self._connected = False
        self._up = False
        self._stopping = False
        self._since_s = 0.0  # when the socket opened, then when the link came up
        self._delay_s = options.retry_min_s
        self._on_message: Callable[[Message], None] = _ignore
        self._on_link: Callable[[bool], None] = _ignore

    def start(self, on_message: Callable[[Message], None], on_link: Callable[[bool], None]) -> None:
        """See `Bus.start`; may be called once."""
        self._on_message, self._on_link = on_message, on_link
        client = self._client
        client.on_pre_connect = self._begin
        client.on_socket_open = self._opened
        client.on_connect = self._connack
        client.on_subscribe = self._suback
        client.on_message = self._received
        client.on_connect_fail = lambda *_: self._lost(client.trouble)
        client.on_disconnect = lambda *parts: self._lost(str(parts[3]))
        client.on_broken_loop = self._lost
        client.on_tick = self._tick
        self._back_off()
        client.loop_start()

    def subscribe(self, topic_filter: str, qos: int) -> None:
        """See `Bus.subscribe`; raises ValueError for no valid filter or QoS."""
        check_filter(topic_filter, qos)
        with self._lock:
            self._filters[topic_filter] = qos
            if self._connected:
                self._ask([(topic_filter, qos)])

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        """See `Bus.publish`; also False while `queued` messages still wait for the broker."""
        with self._sending:
            if not self._up or self._stopping:
                return False
            if qos > 0:
                return self._client.publish(topic, payload, qos, retain).rc == _SUCCESS
            while self._unwritten and _written(self._unwritten[0]):
                self._unwritten.popleft()
            if len(self._unwritten) >= self._options.queued:
                return False
            info = self._client.publish(topic, payload, 0, retain)
            self._unwritten.append(info)
            return info.rc == _SUCCESS

    def done(self, message: Message) -> None:
        """See `Bus.done`; a message of an earlier connection is left alone."""
        packet_id = message.token & 0xFFFF
        with self._lock:
            if message.token and self._unacked.get(packet_id) == message.token:
                del self._unacked[packet_id]
                self._client.owe(packet_id)

    def stop(self) -> None:
        """See `Bus.stop`; waits until paho's thread has ended, at most ten seconds."""
        self._stopping = True
        client = self._client
        client.disconnect()
        if client.ended is None or client.thread_id == threading.get_ident():
            return
        if client.ended.wait(FAREWELL_S):
            return
        self._hang_up()
        if not client.ended.wait(JOIN_S):
            log.warning("mqtt_thread_still_alive", client_id=self._options.client_id)

    # What follows runs on paho's thread.

    def _begin(self, *_: Any) -> None:
        """A connection attempt starts: nothing of the one before may leak into it."""
        if self._stopping:
            raise ConnectionAbortedError("the bus is stopping")
        self._forget()
        if self._client.trust is not None:
            try:
                mqtt_secrets.load_certificate(self._client.trust, self._options)
            except (BusOptionsError, OSError) as error:  # the one that we have must do
                log.error("certificate_not_read", why=str(error))
        with self._sending:
            self._client.drop_out_messages()
            self._client.take_owed()
            self._unwritten.clear()

    def _opened(self, _client: paho.Client, _data: Any, sock: Any) -> None:
        # Without this, Nagle's algorithm and delayed acknowledgements cost 13-75 ms a message.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._since_s = time.monotonic()

    def _connack(
        self,
        client: paho.Client,
        _data: Any,
        _flags: paho.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if self._stopping:
            client.disconnect()
        elif reason.is_failure:
            log.error("mqtt_refused", client_id=self._options.client_id, reason=str(reason))
        else:
            with self._lock:
                self._connected = True
                if self._filters:
                    self._ask(list(self._filters.items()))
            self._settle()

    def _suback(
        self,
        _client: paho.Client,
        _data: Any,
        packet_id: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        with self._lock:
            filters = self._asked.get(packet_id, [])
        grants = dict(zip(filters, reasons, strict=False))
        refused = [name for name in filters if name not in grants or grants[name].is_failure]
        for name in refused:
            log.error("subscription_refused", client_id=self._options.client_id, filter=name)
        if refused:  # the rights may be set right later: try again, with growing pauses
            self._hang_up()
            return
        with self._lock:
            self._asked.pop(packet_id, None)
        self._settle()

    def _settle(self) -> None:
        """Tell that the link is up once every filter asked for is granted."""
        with self._lock:
            came = self._connected and not self._asked and not self._up
            self._up = self._up or came
        if came:
            self._since_s = time.monotonic()
            log.info("mqtt_link_up", client_id=self._options.client_id)
            self._call(self._on_link, True)

    def _received(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            log.error("mqtt_topic_not_utf8", client_id=self._options.client_id)
            self._client.ack(message.mid, message.qos)
            return
        token = 0
        if message.qos > 0:
            with self._lock:
                self._serial += 1
                token = self._serial << 16 | message.mid
                self._unacked[message.mid] = token
        self._call(self._on_message, Message(topic, bytes(message.payload), token))

    def _tick(self) -> None:
        """Give up a connection whose handshake does not end; called about once a second."""
        if not self._up and time.monotonic() - self._since_s > HANDSHAKE_S:
            log.warning("mqtt_handshake_timeout", client_id=self._options.client_id)
            self._since_s = time.monotonic()
            self._hang_up()

    def _lost(self, reason: str) -> None:
        was_up = self._forget()
        if self._stopping:
            self._client.disconnect()
        else:
            if was_up and time.monotonic() - self._since_s >= STEADY_S:
                self._delay_s = self._options.retry_min_s
            log.warning("mqtt_link_down", client_id=self._options.client_id, reason=reason)
            self._back_off()
        if was_up:
            self._call(self._on_link, False)

    def _forget(self) -> bool:
        """Drop what belonged to the connection; return whether the link had been up."""
        with self._lock:
            was_up, self._up, self._connected = self._up, False, False
            self._asked.clear()
            self._unacked.clear()
        return was_up

    def _back_off(self) -> None:
        wait_s = self._delay_s * random.uniform(0.5, 1.0)
        self._client.reconnect_delay_set(wait_s, wait_s)  # type: ignore[arg-type]  # it only adds
        self._delay_s = min(self._delay_s * 2, self._options.retry_max_s)

    def _ask(self, filters: list[tuple[str, int]]) -> None:
        """Send one SUBSCRIBE; the caller holds `_lock`, so the answer cannot overtake us."""
        code, packet_id = self._client.subscribe(filters)
        if code == _SUCCESS and packet_id is not None:
            self._asked[packet_id] = [name for name, _ in filters]

    def _hang_up(self) -> None:
        """End the connection from our side without DISCONNECT; paho then reports it lost."""
        sock = self._client.socket()
        if isinstance(sock, socket.socket):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                log.debug("mqtt_socket_already_closed", client_id=self._options.client_id)

    def _call(self, callback: Callable[[_Told], None], told: _Told) -> None:
        try:
            callback(told)
        except Exception:
            log.exception("bus_callback_failed", client_id=self._options.client_id)


class _Client(paho.Client):
    """paho's client with a thread that outlives any exception, and with a clock."""

    on_tick: Callable[[], None]
    on_broken_loop: Callable[[str], None]
    ended: threading.Event | None = None
    thread_id: int | None = None
    trust: ssl.SSLContext | None = None
    trouble = ""  # why the last connection attempt failed; paho itself drops the reason
    _ahead = memoryview(b"")  # taken from the socket, and not yet by paho

    def __init__(self, *parts: Any, **named: Any) -> None:
        super().__init__(*parts, **named)
        self._owing = threading.Lock()
        self._owed, self._awake = bytearray(), False  # to be sent; paho's thread is on its way

    def owe(self, packet_id: int) -> None:
        """Acknowledge a QoS 1 message, with all others until paho's thread writes."""
        with self._owing:
            was_awake, self._awake = self._awake, True
            if was_awake:
                self._owed += b"\x40\x02" + packet_id.to_bytes(2, "big")
        if not was_awake:
            self.ack(packet_id, 1)

    def loop_write(self) -> MQTTErrorCode:
        """Send what waits, and all that is owed."""
        if owed := self.take_owed():
            self._packet_queue(0x40, owed, 0, 0)
        return super().loop_write()

    def take_owed(self) -> bytearray:
        """Return what is owed, which then is owed no more."""
        with self._owing:
            owed, self._owed, self._awake = self._owed, bytearray(), False
        return owed

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """Read what is there: all that was taken from the socket must be read before it waits."""
        while (code := super().loop_read(max_packets)) == _SUCCESS and self._ahead:
            pass
        return code

    def _sock_recv(self, bufsize: int) -> bytes:
        if not self._ahead:
            self._ahead = memoryview(super()._sock_recv(AHEAD))
        taken, self._ahead = self._ahead[:bufsize], self._ahead[bufsize:]
        return taken.tobytes()

    def loop_start(self) -> MQTTErrorCode:
        """Begin paho's thread; `ended` is set when it has nothing more to do."""
        self.ended = threading.Event()
        return super().loop_start()

    def loop_forever(
        self, timeout: float = 1.0, retry_first_connection: bool = False
    ) -> MQTTErrorCode:
        """Run until `disconnect`; after an exception the connection is closed and made anew."""
        self.thread_id = threading.get_ident()
        try:
            while True:
                try:
                    return super().loop_forever(timeout, retry_first_connection)
                except Exception as error:
                    log.exception("mqtt_loop_failed")
                    if isinstance(sock := self.socket(), socket.socket):
                        sock.close()
                    self.on_broken_loop(type(error).__name__)
        finally:
            if self.ended is not None:
                self.ended.set()

    def reconnect(self) -> MQTTErrorCode:
        """Try one connection and keep the reason when it fails."""
        self._ahead = memoryview(b"")
        try:
            return super().reconnect()
        except OSError as error:
            self.trouble = str(error)
            raise

    def loop_misc(self) -> MQTTErrorCode:
        """Do paho's periodic work and ours."""
        self.on_tick()
        return super().loop_misc()


def _written(info: paho.MQTTMessageInfo) -> bool:
    """Tell whether a QoS 0 message left for the socket, or was given up."""
    try:
        return info.is_published()
    except (RuntimeError, ValueError):
        return True


def _ignore(_told: object) -> None:
    """Stand in until `start`."""
