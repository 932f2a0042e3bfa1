"""What a yardstick is told by its command line."""

import argparse
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """One run: its database, its broker and topics of its own."""

    dsn: str
    bootstrap: str
    commands_topic: str
    events_topic: str
    group: str


def read_options(program: str) -> Options:
    """Read the command line, or end the program."""
    parser = argparse.ArgumentParser(prog=program)
    for name in ("dsn", "bootstrap", "commands-topic", "events-topic", "group"):
        parser.add_argument(f"--{name}", required=True)
    return Options(**vars(parser.parse_args()))


def tell_ready() -> None:
    """Say that partitions are assigned, so that commands may come."""
    print("READY", flush=True)  # noqa: T201 - whoever started us waits for this line
