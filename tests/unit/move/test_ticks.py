"""The file of ticks: kept whole and private, and whatever else stands there is set aside."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from wizard.move.model import SavedState
from wizard.move.ticks import ASIDE, MAX_BYTES, NAME, read_saved, write_saved
from wizard.run.paths import Places

KEPT = SavedState({"ttl": 1000.0}, {"old-queue": 2000.0}, "a" * 64, 1500.0)
OLD = "old.example"


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(state=tmp_path / "state", runtime=tmp_path / "run")


def test_what_is_kept_is_read_again(places: Places) -> None:
    assert read_saved(places, OLD) == (SavedState(), ())
    write_saved(places, OLD, KEPT)
    assert read_saved(places, OLD) == (KEPT, ())
    path = places.state / NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    # What is so already is not written again.
    before = path.stat()
    write_saved(places, OLD, KEPT)
    assert path.stat() == before
    assert [one.name for one in places.state.iterdir()] == [NAME]


def test_another_old_server_begins_anew(places: Places) -> None:
    write_saved(places, OLD, KEPT)
    assert read_saved(places, "other.example") == (SavedState(), ())


def whole(**changes: object) -> str:
    good = {"version": 1, "old_server": OLD, "done": {}, "ticked": {}}
    return json.dumps({**good, "certificate": "", "certificate_at": 0, **changes})


HOSTILE = {
    "empty": "",
    "cut off": whole()[:-5],
    "null": "null",
    "a list": "[]",
    "nested": "[" * 60000,
    "another version": whole(version=2),
    "an unknown item": whole(done={"\x1b]0;pwned\x07": 1}),
    "a time as text": whole(ticked={"ttl": "\x1b[31mnow"}),
    "a time before all": whole(ticked={"ttl": -1}),
    "no number": whole(ticked={"ttl": float("nan")}),
    "true": whole(done={"ttl": True}),
    "a certificate that is none": whole(certificate="\x1b[2J"),
    "a name that is none": whole(old_server=7),
    "huge": whole(old_server="x" * MAX_BYTES),
    "no UTF-8": "\udcff",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_is_none_of_ours_is_set_aside(places: Places, text: str) -> None:
    places.state.mkdir(0o700)
    path = places.state / NAME
    data = text.encode("utf-8", "surrogateescape")
    path.write_bytes(data)
    kept, (warning,) = read_saved(places, OLD)
    assert kept == SavedState()
    assert warning.isprintable()
    assert path.read_bytes() == data
    write_saved(places, OLD, KEPT)
    assert read_saved(places, OLD) == (KEPT, ())
    assert (places.state / f"{NAME}{ASIDE}").read_bytes() == data


def test_a_link_is_not_followed(places: Places, tmp_path: Path) -> None:
    places.state.mkdir(0o700)
    target = tmp_path / "target"
    target.write_text(whole(done={"ttl": 1}))
    (places.state / NAME).symlink_to(target)
    kept, (warning,) = read_saved(places, OLD)
    assert kept == SavedState()
    assert "is not used" in warning
    write_saved(places, OLD, KEPT)
    assert target.read_text() == whole(done={"ttl": 1})
    assert (places.state / f"{NAME}{ASIDE}").is_symlink()
    assert read_saved(places, OLD) == (KEPT, ())


def test_a_directory_and_a_fifo_are_no_list(places: Places) -> None:
    places.state.mkdir(0o700)
    path = places.state / NAME
    for make in (os.mkdir, os.mkfifo):
        make(path)
        assert read_saved(places, OLD)[1]
        write_saved(places, OLD, KEPT)
        assert read_saved(places, OLD) == (KEPT, ())
        path.unlink()
        aside = places.state / f"{NAME}{ASIDE}"
        aside.rmdir() if aside.is_dir() else aside.unlink()
