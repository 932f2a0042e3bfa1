"""The journal: one JSON line per entry, on the disk before anybody hears of it, and all there is after a crash."""

import fcntl
import logging
import os
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from chassis.failpoint import failpoint
from stack.processor.entry import Entry

_log = logging.getLogger("stack.processor")


class JournalTaken(Exception):
    """Another process writes this journal."""


class Journal:
    """All entries so far, oldest first.

    Raises: JournalTaken; ValidationError where a whole line is no entry, since that is nothing to mend by guessing.
    """

    def __init__(self, path: Path) -> None:
        self._file = _open(path)
        try:
            self.entries = _read(self._file)
        except ValidationError:
            self._file.close()
            raise

    def append(self, entry: Entry) -> None:
        """Write the entry and return when it is on the disk; ends the process where that fails."""
        failpoint("processor.before_write")
        try:
            self._file.write(entry.model_dump_json(exclude_none=True).encode() + b"\n")
            self._file.flush()
            failpoint("processor.after_write")
            os.fsync(self._file.fileno())
        except OSError:
            # Nobody can tell how much is on the disk now; reading it again at the next start can.
            _log.exception("the journal cannot be written")
            os._exit(1)
        failpoint("processor.after_fsync")
        self.entries.append(entry)

    def close(self) -> None:
        """Let another process have the journal."""
        self._file.close()


def _read(file: BinaryIO) -> list[Entry]:
    whole, _, torn = file.read().rpartition(b"\n")
    entries = [Entry.model_validate_json(line) for line in whole.splitlines()]
    if torn:
        # Killed while writing: nobody has heard of that entry, so it never was.
        file.truncate(len(whole) + 1 if whole else 0)
        os.fsync(file.fileno())
    return entries


def _open(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    # In append mode whatever the position: reading at the start cannot make a write overwrite.
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise JournalTaken(path) from None
    _keep_name(path.parent)
    return os.fdopen(descriptor, "r+b")


def _keep_name(folder: Path) -> None:
    """Make the file's name outlive a power cut, as its content does."""
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
