import os
import shutil
from pathlib import Path

import pytest

from stack.folders import FolderNotOurs, machine_folder, own_folder, runs_folder, user_cache
from stack.postgres_files import copy_template, ensure_postgres_files


def _modes_above(path: Path) -> dict[Path, int]:
    return {parent: parent.stat().st_mode for parent in path.parents if parent.exists()}


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path):
    folder = tmp_path / "ours"
    folder.mkdir(mode=0o700)
    own_folder(folder, mode=0o755)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_missing_folder_gets_the_mode_whatever_the_umask(tmp_path: Path):
    earlier = os.umask(0o077)
    try:
        folder = own_folder(tmp_path / "deep" / "ours", mode=0o711)
    finally:
        os.umask(earlier)
    assert folder.stat().st_mode & 0o777 == 0o711


def test_a_link_that_somebody_put_in_our_place_is_refused(tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "ours").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FolderNotOurs):
        own_folder(tmp_path / "ours", mode=0o755)


def test_making_postgresqls_files_changes_no_folder_above_ours():
    above = {**_modes_above(machine_folder()), **_modes_above(user_cache()), **_modes_above(Path(__file__))}
    above |= {Path.home(): Path.home().stat().st_mode}
    files = ensure_postgres_files()
    data = own_folder(runs_folder() / f"selftest-modes-{os.getpid()}", mode=0o711) / "postgres"
    try:
        copy_template(files, data)
        assert (data / "PG_VERSION").read_text().strip() == "18"
        assert data.stat().st_mode & 0o777 == 0o700
    finally:
        shutil.rmtree(data.parent)
    assert {folder: folder.stat().st_mode for folder in above} == above
