"""The bare rate counts what really went through, and says so when it could not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.broker_rate import bare_qos1_rate
from gateway.broker import Broker, Options
from gateway.broker_config import User

PASSWORD = "p" * 24


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(Options(state_dir=tmp_path, users=(User(name="all", password=PASSWORD),)))
    broker.start()
    yield broker
    broker.stop()


def test_rate_is_measured_over_more_than_one_window(broker: Broker) -> None:
    rate = bare_qos1_rate(broker.url, 1000, 300, "all", PASSWORD)

    assert rate > 10


def test_wrong_account_is_told(broker: Broker) -> None:
    with pytest.raises(RuntimeError, match="expected packet"):
        bare_qos1_rate(broker.url, 10, 10, "all", "w" * 24)


def test_address_without_mqtt_is_refused() -> None:
    with pytest.raises(ValueError, match="mqtt://"):
        bare_qos1_rate("mqtts://127.0.0.1:1", 10, 10)
