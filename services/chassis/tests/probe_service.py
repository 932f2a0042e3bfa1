"""A service of the test's own, run as processes that can be killed: it keeps the notes of one topic.

Its database, group and topic come from the environment; `write` asks it over HTTP.
"""

import os
import sys
from typing import Any

from chassis.intake.route import fact_consumer, fact_route
from chassis.runtime import run
from chassis.service import Service
from chassis.settings import ServiceSettings, load_settings
from chassis.testing.notes import insert_notes, note_on
from chassis.testing.notes_service import ROUTES
from contracts.topics import Topic


def build() -> Service:
    note = note_on(Topic(os.environ["PROBE_TOPIC"], "invoices", "facts"))
    routes: list[Any] = [fact_route(note, insert_notes)]
    consumer = fact_consumer(os.environ["PROBE_GROUP"], routes)
    return Service("invoices", load_settings(ServiceSettings), ROUTES, [consumer])


if __name__ == "__main__":
    run(build(), sys.argv[1:])
