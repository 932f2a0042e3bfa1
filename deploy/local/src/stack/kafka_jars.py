"""Kafka's jars: fetched once into the user cache, never trusted without the committed SHA-256 lock.

Apart from the broker process because a first run spends its time here, and a warm one only reads and hashes.
"""

import fcntl
import hashlib
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

KAFKA_VERSION = "4.3.1"
LOCK_FILE = Path(__file__).with_name(f"kafka-{KAFKA_VERSION}.lock")

# Kafka logs through an interface and brings nothing behind it; without the second one it is mute.
_ROOT_COORDINATES = (
    f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
    "org.slf4j:slf4j-simple:1.7.36",
)
_FETCH_THREADS_MAX = 8
_FETCH_ATTEMPTS_MAX = 3
_FETCH_TIMEOUT_SECONDS = 60


class JarMismatch(Exception):
    """A fetched jar is not the one the lock names; nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class LockedJar:
    """One line of the lock: `group:artifact:version sha256:<hex>`."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def coordinates(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"

    @property
    def file_name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


def read_lock(lock_file: Path = LOCK_FILE) -> list[LockedJar]:
    """Return the jars of the lock in the order of the class path."""
    jars: list[LockedJar] = []
    for line in lock_file.read_text().splitlines():
        coordinates, digest = line.split(" sha256:")
        group, artifact, version = coordinates.split(":")
        jars.append(LockedJar(group, artifact, version, digest))
    return jars


def ensure_jars(folder: Path, jars: Sequence[LockedJar]) -> list[Path]:
    """Return the verified jars in `folder`, fetching those that are missing or damaged.

    Safe to run in several processes at once and after a killed run: a jar enters the folder whole or not at all.

    Raises: JarMismatch.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".fetch.lock").open("w") as guard, ThreadPoolExecutor(_FETCH_THREADS_MAX) as pool:
        fcntl.flock(guard, fcntl.LOCK_EX)

        def is_kept(jar: LockedJar) -> bool:
            return _is_sound(folder / jar.file_name, jar.sha256)

        kept = list(pool.map(is_kept, jars))
        wanted = [jar for jar, is_there in zip(jars, kept, strict=True) if not is_there]
        if wanted:
            _fetch(folder, wanted, pool)
    return [folder / jar.file_name for jar in jars]


def write_lock(lock_file: Path, scratch: Path) -> int:
    """Resolve the broker's dependencies anew and write their coordinates and digests; return how many.

    For a maintainer who raises the version: the result is reviewed and committed.
    """
    from jgo.maven import MavenContext  # noqa: PLC0415  as in _fetch_one
    from jgo.parse import Coordinate  # noqa: PLC0415  as in _fetch_one

    maven = MavenContext(repo_cache=scratch, timeout=_FETCH_TIMEOUT_SECONDS)
    roots = [replace(Coordinate.parse(root), scope="compile") for root in _ROOT_COORDINATES]
    inputs, transitive = maven.resolver.resolve([maven.create_dependency(root) for root in roots])
    lines: list[str] = []
    needed = [dependency for dependency in transitive if dependency.scope in ("compile", "runtime")]
    for dependency in [*inputs, *needed]:
        artifact = dependency.artifact
        digest = _sha256(Path(artifact.resolve()))
        lines.append(f"{artifact.groupId}:{artifact.artifactId}:{artifact.version} sha256:{digest}")
    lock_file.write_text("\n".join(sorted(lines)) + "\n")
    return len(lines)


def _fetch(folder: Path, wanted: Sequence[LockedJar], pool: ThreadPoolExecutor) -> None:
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as staging:

        def fetch_one(jar: LockedJar) -> None:
            _fetch_one(Path(staging), jar).replace(folder / jar.file_name)

        list(pool.map(fetch_one, wanted))


def _fetch_one(staging: Path, jar: LockedJar) -> Path:
    from jgo.maven import MavenContext  # noqa: PLC0415  costs 0.6 s, which a warm start saves

    fault: Exception = JarMismatch(f"{jar.coordinates} does not have the SHA-256 of the lock")
    for attempt in range(_FETCH_ATTEMPTS_MAX):
        # An attempt has a cache of its own: jgo takes a half-written file of an earlier one for whole.
        maven = MavenContext(repo_cache=staging / f"attempt-{attempt}", timeout=_FETCH_TIMEOUT_SECONDS)
        artifact = maven.project(jar.group, jar.artifact).at_version(jar.version).artifact()
        try:
            fetched = Path(artifact.resolve())
        except (OSError, RuntimeError) as error:
            fault = error
            continue
        if _is_sound(fetched, jar.sha256):
            return fetched
    raise fault


def _is_sound(path: Path, digest: str) -> bool:
    return path.is_file() and _sha256(path) == digest


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
