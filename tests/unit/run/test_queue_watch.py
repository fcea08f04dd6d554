"""New files of a queue are held open, and read once they are complete, also after their end."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from wizard.run.queue_watch import QueueWatch, watching


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def seen(watch: QueueWatch, marker: bytes) -> str | None:
    deadline = time.monotonic() + 2
    while (path := watch.complete(marker)) is None and time.monotonic() < deadline:
        time.sleep(0.005)
    return path


@pytest.fixture(params=["incoming", "active", "incoming/A/B"])
def directory(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    for one in ("incoming", "active"):
        (tmp_path / one).mkdir()
    place = tmp_path / str(request.param)
    place.mkdir(parents=True, exist_ok=True)
    return place


def test_a_message_is_read_after_its_file_is_gone(tmp_path: Path, directory: Path) -> None:
    with watching(str(tmp_path)) as watch:
        file = directory / "ABCDEF"
        file.write_bytes(b"id <mine> begins")
        file.chmod(0o600)
        time.sleep(0.1)
        assert watch.complete(b"<mine>") is None, "it is not complete"
        with file.open("ab") as more:
            more.write(b", and ends")
        file.chmod(0o700)
        file.unlink()
        path = seen(watch, b"<mine>")
        assert path is not None
        assert Path(path).read_bytes() == b"id <mine> begins, and ends"
        assert watch.complete(b"<another>") is None


def test_what_was_there_before_and_links_are_not_opened(tmp_path: Path, directory: Path) -> None:
    old = directory / "OLDONE"
    old.write_bytes(b"<mine>")
    old.chmod(0o700)
    (tmp_path / "elsewhere").write_bytes(b"<mine>")
    (tmp_path / "elsewhere").chmod(0o700)
    with watching(str(tmp_path)) as watch:
        (directory / "ALINK").symlink_to(tmp_path / "elsewhere")
        time.sleep(0.1)
        assert watch.complete(b"<mine>") is None


def test_a_queue_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    with watching(str(tmp_path / "none")) as watch:
        assert watch.complete(b"") is None


def test_a_busy_queue_costs_no_more_than_some_open_files(
    tmp_path: Path, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wizard.run.queue_watch.MAX_FILES", 10)
    before = open_files()
    with watching(str(tmp_path)):
        for at in range(50):
            (directory / f"FILE{at}").touch()
        time.sleep(0.2)
        # The two directories may be open, too.
        assert open_files() <= before + 12
    assert open_files() == before
