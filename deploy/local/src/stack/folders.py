"""Where things live: the checkout, the user's cache, and the run data of each stack.

Run data is apart from the cache because as root PostgreSQL runs as another user, who can reach
neither a home nor, perhaps, the checkout. Only folders made here ever get a mode or an owner.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

CHECKOUT = Path(__file__).resolve().parents[4]

_SYSTEM_VARIABLE_FOLDER = Path("/var/tmp")  # noqa: S108  ours inside it is checked for its owner


class FolderNotOurs(Exception):
    """Somebody else made the folder that our run data would go to."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} exists and is not a folder of this user; move it away")


def is_root() -> bool:
    """Tell whether we may, and for PostgreSQL must, become somebody else."""
    return os.geteuid() == 0


def user_cache() -> Path:
    """Return the cache that the launcher uses too; what is in it can be fetched again."""
    return platformdirs.user_cache_path("handbill")


def machine_folder() -> Path:
    """Return the folder of everything that PostgreSQL's user must be able to reach."""
    folder = _SYSTEM_VARIABLE_FOLDER / f"handbill-{os.geteuid()}" if is_root() else user_cache()
    return own_folder(folder, mode=0o755)


def runs_folder(checkout: Path = CHECKOUT) -> Path:
    """Return the folder of the run data of one checkout, made when missing."""
    digest = hashlib.sha256(str(checkout).encode()).hexdigest()[:12]
    return own_folder(own_folder(machine_folder() / "runs", mode=0o711) / digest, mode=0o711)


def own_folder(path: Path, *, mode: int) -> Path:
    """Make the folder with the mode if it is missing; never change one that is there.

    Raises: FolderNotOurs.
    """
    if not path.is_symlink() and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(exist_ok=True)
        # A umask may have narrowed what mkdir was asked for.
        path.chmod(mode)
    status = path.lstat()
    if not path.is_dir() or path.is_symlink() or status.st_uid != os.geteuid():
        raise FolderNotOurs(path)
    return path


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The files of one stack; other users may pass through it but not list it."""

    path: Path

    @property
    def addresses_file(self) -> Path:
        return self.path / "addresses.json"

    @property
    def state_file(self) -> Path:
        return self.path / "state.json"

    @property
    def control_socket(self) -> Path:
        return self.path / "control.sock"

    @property
    def lock_file(self) -> Path:
        return self.path / "supervisor.lock"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def postgres_data(self) -> Path:
        return self.path / "postgres"

    @property
    def kafka_data(self) -> Path:
        return self.path / "kafka"

    @property
    def mail(self) -> Path:
        return self.path / "mail"

    @property
    def blobs(self) -> Path:
        """PDFs: invoices puts them there, notify reads them."""
        return self.path / "blobs"

    @property
    def processor_journal(self) -> Path:
        return self.path / "processor.jsonl"

    def log_of(self, name: str) -> Path:
        return self.logs / f"{name}.log"
