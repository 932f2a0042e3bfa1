"""Big things by reference: bytes kept under their SHA-256, in a folder now, in S3 by another URL.

Faults, each with its own fate:
    BlobFault
        BlobMissing       nothing under this hash: never put, or lost
        BlobDamaged       what is kept there has another hash: never handed out
        BlobsUnavailable  the store did not do it: try again later
"""

import asyncio
import hashlib
import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

BLOB_BYTES_MAX = 64 * 1024 * 1024

_SHA256 = re.compile(r"[0-9a-f]{64}")


class BlobFault(Exception):
    """What a store of blobs can go wrong with; the message names the hash."""


class BlobMissing(BlobFault):
    """There is nothing under this hash."""


class BlobDamaged(BlobFault):
    """What is kept under this hash is something else."""


class BlobsUnavailable(BlobFault):
    """The store did not answer, is not there, is full, or may not be used."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A reference that a fact can carry: hexadecimal hash and size of what is kept."""

    sha256: str
    size_bytes: int


class Blobs:
    """A store of blobs. Content has one name and one name has one content, so nothing is ever changed.

    A folder is never made here: where it is not there, its volume is not mounted, and a folder made in its place would
    keep what is put until the volume hides it.
    """

    def __init__(self, place: ObjectStore | Path) -> None:
        self._place = place

    async def put(self, content: bytes) -> Blob:
        """Keep content; when this returns it outlives a power cut. Safe to repeat, and after a kill at any line.

        It is written anew even where it is there already: that mends what was damaged.
        """
        if len(content) > BLOB_BYTES_MAX:
            raise ValueError(f"a blob has at most {BLOB_BYTES_MAX} bytes")
        sha256 = hashlib.sha256(content).hexdigest()
        with _faults_named(sha256):
            store = await self._open()
            # In a folder this writes beside the name and then renames, so a half one is never under the name.
            await obstore.put_async(store, _path_of(sha256), content, use_multipart=False)
            if isinstance(self._place, Path):
                await asyncio.to_thread(_sync, self._place / _path_of(sha256), self._place)
        return Blob(sha256, len(content))

    async def get(self, sha256: str) -> bytes:
        """Read what is kept under a hash. Raises BlobMissing, BlobDamaged, BlobsUnavailable."""
        path = _path_of(sha256)
        with _faults_named(sha256):
            found = await obstore.get_async(await self._open(), path)
            # Read only as far as a blob can reach: what lies there may be anything.
            content = (await found.bytes_async()).to_bytes() if found.meta["size"] <= BLOB_BYTES_MAX else b""
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BlobDamaged(sha256)
        return content

    async def _open(self) -> ObjectStore:
        """Give the store where it is there. A folder is looked for each time: it comes and goes with its volume."""
        if not isinstance(self._place, Path):
            return self._place
        if not await asyncio.to_thread(self._place.is_dir):
            raise NotADirectoryError(f"no folder at {self._place}")
        return LocalStore(self._place)


def open_blobs(url: str) -> Blobs:
    """Open the store at `file:///folder`, which whoever runs the service has made, or at `s3://bucket/prefix`."""
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc:
        return Blobs(Path(unquote(parts.path)))
    if parts.scheme == "s3" and parts.netloc:
        return Blobs(from_url(url))
    raise ValueError(f"neither file:///folder nor s3://bucket/prefix: {url}")


def _path_of(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"not a SHA-256: {sha256!r}")
    # Two levels, so that no folder gets too many entries.
    return f"{sha256[:2]}/{sha256}"


def _sync(path: Path, root: Path) -> None:
    """Bring a file, its name, and the name of its folder to the disk: the store itself leaves that to the kernel."""
    for place in (path, path.parent, root):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _faults_named(sha256: str) -> Generator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise BlobMissing(sha256) from error
    except (BaseError, OSError) as error:
        raise BlobsUnavailable(f"{sha256}: {error}") from error
