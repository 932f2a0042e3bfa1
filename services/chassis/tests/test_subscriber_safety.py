"""What FastStream would allow and Handbill does not: subscribers that lose messages."""

from typing import Any

import pytest
from faststream import AckPolicy

from chassis.intake.subscriber import assert_safe, open_broker


async def ignore(_: object) -> None:
    return


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"ack_policy": AckPolicy.ACK}, id="acknowledges failures"),
        pytest.param({"ack_policy": AckPolicy.ACK_FIRST}, id="acknowledges first"),
        pytest.param({"ack_policy": AckPolicy.REJECT_ON_ERROR}, id="rejects failures"),
        pytest.param({"ack_policy": AckPolicy.MANUAL}, id="acknowledges by hand"),
        pytest.param({"group_id": None}, id="no group"),
        pytest.param({"auto_offset_reset": "latest"}, id="begins at the end"),
    ],
)
@pytest.mark.filterwarnings("ignore:AckPolicy.REJECT_ON_ERROR")
async def test_a_subscriber_that_could_lose_messages_is_refused(settings: dict[str, Any]) -> None:
    broker = open_broker("127.0.0.1:9")
    safe: dict[str, Any] = {
        "group_id": "test",
        "auto_offset_reset": "earliest",
        "ack_policy": AckPolicy.NACK_ON_ERROR,
        "batch": True,
    }
    broker.subscriber("test.nowhere.v1", **(safe | settings))(ignore)
    with pytest.raises(AssertionError, match=r"test|group"):
        assert_safe(broker)


async def test_a_broker_without_subscribers_is_refused() -> None:
    with pytest.raises(AssertionError, match="no subscriber"):
        assert_safe(open_broker("127.0.0.1:9"))
