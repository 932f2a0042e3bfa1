import asyncio
import hashlib
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from chassis.blobs import BLOB_BYTES_MAX, Blob, BlobDamaged, BlobMissing, Blobs, BlobsUnavailable, open_blobs
from chassis.testing import eventually

HELLO = hashlib.sha256(b"hello").hexdigest()
NOWHERE = "0" * 64

# Writes one big blob after another, telling the hash of each before it begins.
WRITER = """
import asyncio, hashlib, sys
from chassis.blobs import open_blobs

async def write():
    blobs = open_blobs(sys.argv[1])
    for number in range(10_000):
        content = number.to_bytes(4) * 6_000_000
        print(hashlib.sha256(content).hexdigest(), flush=True)
        await blobs.put(content)

asyncio.run(write())
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "volume #1 %20" / "blobs"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def blobs(folder: Path) -> Blobs:
    return open_blobs(folder.as_uri())


@pytest_asyncio.fixture
async def writer(folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, folder.as_uri(), stdout=subprocess.PIPE
    )
    yield process
    if process.returncode is None:
        process.kill()
    await process.wait()


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def move(folder: Path, target: Path) -> None:
    assert not target.exists()
    folder.rename(target)


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def path_in(folder: Path, sha256: str) -> Path:
    return folder / sha256[:2] / sha256


async def test_what_is_put_can_be_got_by_its_hash(blobs: Blobs) -> None:
    assert await blobs.put(b"hello") == Blob(HELLO, 5)
    assert await blobs.get(HELLO) == b"hello"


async def test_another_process_finds_it_too(blobs: Blobs, folder: Path) -> None:
    await blobs.put(b"hello")
    assert await open_blobs(folder.as_uri()).get(HELLO) == b"hello"


async def test_putting_again_is_the_same_blob(blobs: Blobs, folder: Path) -> None:
    await asyncio.gather(*(blobs.put(b"hello") for _ in range(20)))
    assert files_in(folder) == [path_in(folder, HELLO)]


async def test_a_hash_that_was_never_put_is_missing(blobs: Blobs) -> None:
    with pytest.raises(BlobMissing, match=NOWHERE):
        await blobs.get(NOWHERE)


@pytest.mark.parametrize("kept", [b"hellO", b"hell", b"", b"hello and more"], ids=["other", "short", "empty", "long"])
async def test_a_wrong_hash_is_found_on_reading_and_mended_by_putting(blobs: Blobs, folder: Path, kept: bytes) -> None:
    await blobs.put(b"hello")
    path_in(folder, HELLO).write_bytes(kept)
    with pytest.raises(BlobDamaged, match=HELLO):
        await blobs.get(HELLO)
    await blobs.put(b"hello")
    assert await blobs.get(HELLO) == b"hello"


async def test_a_thing_too_big_to_be_a_blob_is_not_read(blobs: Blobs, folder: Path) -> None:
    await blobs.put(b"hello")
    with path_in(folder, HELLO).open("r+b") as file:
        file.truncate(1 << 40)
    with pytest.raises(BlobDamaged):
        await blobs.get(HELLO)


async def test_a_thing_too_big_to_be_a_blob_is_not_kept(blobs: Blobs) -> None:
    with pytest.raises(ValueError, match="at most"):
        await blobs.put(bytes(BLOB_BYTES_MAX + 1))


async def test_a_store_that_cannot_write_says_so(blobs: Blobs, folder: Path) -> None:
    (folder / HELLO[:2]).write_text("a file where a folder must be")
    with pytest.raises(BlobsUnavailable, match=HELLO):
        await blobs.put(b"hello")


async def test_a_store_whose_volume_is_not_mounted_is_waited_for(blobs: Blobs, folder: Path) -> None:
    await blobs.put(b"hello")
    elsewhere = folder.parent / "elsewhere"
    move(folder, elsewhere)
    for attempt in (blobs.put(b"hello"), blobs.get(HELLO), open_blobs(folder.as_uri()).put(b"hello")):
        with pytest.raises(BlobsUnavailable, match=HELLO):
            await attempt
    # Nothing was made in its place.
    move(elsewhere, folder)
    assert await blobs.get(HELLO) == b"hello"


@pytest.mark.parametrize("name", ["", "../../etc/passwd", HELLO.upper(), HELLO + "\n", HELLO[:-1]])
async def test_nothing_but_a_hash_is_looked_for(blobs: Blobs, name: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        await blobs.get(name)


@pytest.mark.parametrize(
    "url", ["", "/var/blobs", "file://host/blobs", "http://host/blobs", "s3:///blobs", "memory:///"]
)
def test_a_store_is_a_folder_or_a_bucket(url: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        open_blobs(url)


def test_a_bucket_is_opened_without_being_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert open_blobs("s3://invoices/blobs")


@pytest.mark.fault
@pytest.mark.parametrize("begun_count", [1, 3])
async def test_a_killed_write_leaves_nothing_half(
    writer: asyncio.subprocess.Process, blobs: Blobs, folder: Path, begun_count: int
) -> None:
    """SIGKILL while a file of 24 MB grows beside the name it is to have."""
    assert writer.stdout is not None
    begun = [(await writer.stdout.readline()).decode().strip() for _ in range(begun_count)]

    async def a_write_is_under_way() -> bool:
        return any("#" in path.name for path in files_in(folder))

    await eventually(a_write_is_under_way)
    writer.send_signal(signal.SIGKILL)
    begun += (await writer.stdout.read()).decode().split()
    await writer.wait()

    kept = {path.name: sha256_of(path) for path in files_in(folder) if "#" not in path.name}
    assert kept == {name: name for name in kept}
    assert {*begun[:-1]} <= {*kept} <= {*begun}
    if begun[-1] not in kept:
        with pytest.raises(BlobMissing):
            await blobs.get(begun[-1])
