"""`./handbill kafka-lock`, for maintainers: resolves Kafka's jars anew and writes their SHA-256 lock."""

import tempfile
from pathlib import Path

from stack.kafka_jars import LOCK_FILE, write_lock
from stack.terminal import out


def kafka_lock() -> None:
    """Rewrite the lock of Kafka's jars; look at the difference before you commit it."""
    with tempfile.TemporaryDirectory() as scratch:
        count = write_lock(LOCK_FILE, Path(scratch))
    out.print(f"{count} jars in {LOCK_FILE}")
