import os
from pathlib import Path

import pytest

from ganplay.common.paths import home_folder
from ganplay.images.datasets.fonts import system_folders
from ganplay.images.evaluation.neighbours import cache_folder


@pytest.fixture
def nobody(monkeypatch):
    """A user without a line in /etc/passwd and without HOME."""

    def unknown(number):
        raise KeyError(f"getpwuid(): uid not found: {number}")

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)


def test_who_has_no_home_has_a_folder_among_the_temporary_files(nobody, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert home_folder() == tmp_path / f"ganplay-{os.getuid()}"
    assert cache_folder() == home_folder() / ".cache" / "ganplay"
    assert home_folder() not in system_folders()


def test_others_keep_theirs(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert home_folder() == Path(tmp_path)
