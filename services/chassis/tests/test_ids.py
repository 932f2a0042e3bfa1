from datetime import UTC, datetime

import time_machine

from chassis.clock import now
from chassis.ids import derived_id, new_id


def test_ids_are_of_version_seven_and_differ() -> None:
    made = [new_id() for _ in range(10_000)]
    assert len(set(made)) == 10_000
    assert {(made_id.version, made_id.variant) for made_id in made} == {(7, "specified in RFC 4122")}


def test_ids_are_ordered_by_the_time_they_are_made_at() -> None:
    with time_machine.travel(datetime(2026, 11, 22, tzinfo=UTC), tick=False) as traveller:
        made = [new_id()]
        for _ in range(1000):
            traveller.shift(0.001)
            made.append(new_id())
    assert made == sorted(made)
    milliseconds = made[0].int >> 80
    assert datetime.fromtimestamp(milliseconds / 1000, UTC) == datetime(2026, 11, 22, tzinfo=UTC)


def test_a_derived_id_is_the_same_each_time_and_another_for_another_purpose() -> None:
    parent = new_id()
    assert derived_id(parent, "receipt") == derived_id(parent, "receipt")
    assert len({derived_id(parent, "receipt"), derived_id(parent, "refund"), derived_id(new_id(), "receipt")}) == 3


def test_the_clock_tells_the_time_with_its_zone() -> None:
    assert now().tzinfo is UTC
