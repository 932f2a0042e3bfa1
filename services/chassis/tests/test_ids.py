import subprocess
import sys
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chassis.clock import now
from chassis.ids import derived_id, new_id

RANDOM_BITS = (1 << 62) - 1


def test_ids_are_of_version_seven_and_differ() -> None:
    made = [new_id() for _ in range(10_000)]
    assert len(set(made)) == 10_000
    assert {(made_id.version, made_id.variant) for made_id in made} == {(7, "specified in RFC 4122")}


def test_ids_are_ordered_as_they_are_made() -> None:
    made = [new_id() for _ in range(10_000)]
    assert made == sorted(made)


def test_an_id_tells_when_it_was_made() -> None:
    before = now()
    made_at = datetime.fromtimestamp((new_id().int >> 80) / 1000, UTC)
    assert before - timedelta(milliseconds=1) <= made_at <= now()


FORKING = """
import os
from chassis.ids import new_id
new_id()
is_child = os.fork() == 0
# In one piece: two processes write to one pipe.
os.write(1, f"{new_id()}\\n".encode())
if not is_child:
    os.wait()
"""


def test_a_forked_child_makes_ids_of_its_own() -> None:
    ended = subprocess.run([sys.executable, "-c", FORKING], capture_output=True, text=True, check=True)
    ours, childs = (UUID(line).int & RANDOM_BITS for line in ended.stdout.split())
    assert ours != childs


def test_a_derived_id_is_the_same_each_time_and_another_for_another_purpose() -> None:
    parent = new_id()
    assert derived_id(parent, "receipt") == derived_id(parent, "receipt")
    assert len({derived_id(parent, "receipt"), derived_id(parent, "refund"), derived_id(new_id(), "receipt")}) == 3


def test_the_clock_tells_the_time_with_its_zone() -> None:
    assert now().tzinfo is UTC
