from dataclasses import replace
from pathlib import Path

import pytest

from stack.kafka_jars import JarMismatch, LockedJar, ensure_jars, read_lock

_SMALLEST = "slf4j-simple"


@pytest.fixture
def small_jar() -> LockedJar:
    (jar,) = [jar for jar in read_lock() if jar.artifact == _SMALLEST]
    return jar


def test_the_lock_names_the_broker_and_no_jar_twice():
    jars = read_lock()
    assert "kafka_2.13" in {jar.artifact for jar in jars}
    assert len({jar.file_name for jar in jars}) == len(jars)
    assert all(len(jar.sha256) == 64 for jar in jars)


def test_a_damaged_jar_is_fetched_again(tmp_path: Path, small_jar: LockedJar):
    (tmp_path / small_jar.file_name).write_bytes(b"half of a jar")
    (path,) = ensure_jars(tmp_path, [small_jar])
    assert path.stat().st_size > 10_000
    fetched_at = path.stat().st_mtime_ns
    ensure_jars(tmp_path, [small_jar])
    assert path.stat().st_mtime_ns == fetched_at, "a sound jar is left alone"


def test_a_jar_that_is_not_the_one_of_the_lock_never_enters_the_cache(tmp_path: Path, small_jar: LockedJar):
    with pytest.raises(JarMismatch, match=_SMALLEST):
        ensure_jars(tmp_path, [replace(small_jar, sha256="0" * 64)])
    assert not list(tmp_path.glob("*.jar"))
    assert not list(tmp_path.glob(".fetch-*"))
