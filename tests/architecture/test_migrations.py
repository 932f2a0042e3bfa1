"""A migration that has been committed is never edited: databases that have applied it would differ from new ones.

`migrations.lock` holds each file's digest. After adding a migration, and only then, append it by
`python tests/architecture/test_migrations.py`; that refuses to change an entry.
"""

import re
import sys
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = Path(__file__).with_name("migrations.lock")
APPEND = "python tests/architecture/test_migrations.py"
NAME = re.compile(r"[0-9]{4}_[a-z0-9_]+\.sql")


def digests() -> dict[str, str]:
    """SHA-256 of every migration there is."""
    return {
        str(path.relative_to(ROOT)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(ROOT.glob("services/*/src/*/migrations/*"))
        if path.is_file()
    }


def locked() -> dict[str, str]:
    """What the lock says, written as `sha256sum` does."""
    lines = LOCK.read_text(encoding="utf-8").splitlines() if LOCK.exists() else []
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines)}


def test_no_committed_migration_was_edited() -> None:
    present = digests()
    edited = [name for name, digest in locked().items() if name in present and present[name] != digest]
    assert edited == [], "put the change into a new migration, and take this one back to what it was"


def test_no_committed_migration_was_removed() -> None:
    assert sorted(locked().keys() - digests().keys()) == [], "databases have applied it: it stays"


def test_every_migration_is_in_the_lock() -> None:
    assert sorted(digests().keys() - locked().keys()) == [], f"new migrations are appended by `{APPEND}`"


def test_migrations_are_numbered_and_each_number_is_given_once() -> None:
    names = [Path(name) for name in digests()]
    assert [str(name) for name in names if not NAME.fullmatch(name.name)] == []
    numbers = [(name.parent, name.name[:4]) for name in names]
    assert [str(place) for place in numbers if numbers.count(place) > 1] == []


def append_new() -> int:
    """Append what is not in the lock; returns the exit status, 1 where a committed one was edited."""
    present, kept = digests(), locked()
    edited = [name for name, digest in kept.items() if present.get(name, digest) != digest]
    if edited:
        sys.stderr.write(
            "".join(
                f"edited, not appended: {name} (never committed? delete its line from the lock)\n" for name in edited
            )
        )
        return 1
    LOCK.write_text("".join(f"{digest}  {name}\n" for name, digest in sorted((kept | present).items())), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(append_new())
