"""Whom PostgreSQL runs as: our own user, or as root an unprivileged one, since it refuses root."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from pathlib import Path

from stack.folders import is_root

_UNPRIVILEGED_USER = "nobody"


class ProgramFailed(Exception):
    """One of PostgreSQL's programs ended badly; the message holds what it printed."""


def postgres_user() -> str | None:
    """Return the user that PostgreSQL must run as, or None for our own."""
    return _UNPRIVILEGED_USER if is_root() else None


def give_to_postgres(path: Path) -> None:
    """Hand over a path that we made."""
    user = postgres_user()
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def make_folder_of_postgres(folder: Path) -> None:
    """Make a folder that PostgreSQL alone can enter."""
    folder.mkdir(mode=0o700)
    give_to_postgres(folder)


def run_as_postgres(command: Sequence[str]) -> None:
    """Run a program to its end as PostgreSQL's user.

    Raises: ProgramFailed.
    """
    user = postgres_user()
    ended = subprocess.run(
        command,
        check=False,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        user=user,
        group=None if user is None else pwd.getpwnam(user).pw_gid,
        extra_groups=None if user is None else [],
    )
    if ended.returncode != 0:
        raise ProgramFailed(f"{command[0]} ended with {ended.returncode}: {ended.stdout.strip()}")
