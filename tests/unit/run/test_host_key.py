"""The key of a host: made once, by one process after the other, and by root alone."""

from __future__ import annotations

import os
import threading

import pytest

from wizard.errors import Trouble
from wizard.run.directories import make_private
from wizard.run.files import MARK
from wizard.run.paths import Places
from wizard.run.seals import KEY_BYTES, Seals, make_seals

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="files of root"),
    pytest.mark.promise(38),
]


@pytest.mark.parametrize("harm", ["others may write", "another's"])
def test_a_state_directory_that_others_may_write_is_refused(places: Places, harm: str) -> None:
    make_private(places.state)
    if harm == "another's":
        os.chown(places.state, 65534, 65534)
    else:
        places.state.chmod(0o777)
    with pytest.raises(Trouble, match=str(places.state)):
        make_seals(places.key)


def test_two_that_make_the_key_at_once_have_the_same(places: Places) -> None:
    made: list[Seals] = []
    starts = threading.Barrier(8)

    def make() -> None:
        starts.wait()
        made.append(make_seals(places.key))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len({one.key for one in made}) == 1
    assert len(made[0].key) == KEY_BYTES
    assert sorted(path.name for path in places.state.iterdir()) == ["key"]


def test_a_maker_that_was_killed_leaves_nothing_in_the_way(places: Places) -> None:
    make_private(places.state)
    left = places.state / f".key{MARK}0011223344556677"
    left.write_bytes(b"half")
    assert len(make_seals(places.key).key) == KEY_BYTES
    assert [path.name for path in places.state.iterdir()] == ["key"]


def test_no_room_for_the_key_leaves_none(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(Trouble, match="No space left on device"):
        make_seals(places.key)
    monkeypatch.undo()
    assert list(places.state.iterdir()) == []
