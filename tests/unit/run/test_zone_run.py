"""A zone file's steps taken and taken back: the reload comes after the file, both ways."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.run.runs import NEW, OLD, last, plan, prepared
from wizard.plan.actions import CheckZone, ReloadZone, ReplaceFile
from wizard.plan.files import NewFile, sha256
from wizard.plan.model import Plan
from wizard.plan.undo_actions import PutBack
from wizard.run.paths import Places
from wizard.run.plan_undo import undo_plan
from wizard.run.records import DONE, FAILED
from wizard.run.worker import work

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of root")


@pytest.fixture
def zone(tmp_path: Path) -> Path:
    """A zone's file in a directory as EL's /var/named is: sticky, and named's group may write."""
    directory = tmp_path / "named"
    directory.mkdir()
    directory.chmod(0o1770)
    file = directory / "example.com.zone"
    file.write_bytes(OLD)
    os.utime(file, (1_000_000, 1_000_000))
    return file


def changing(file: Path, rndc: str = "true") -> Plan:
    """A plan whose rndc is another command; nobody is asked for what named then says."""
    path = str(file)
    return plan(
        ("zone", ReplaceFile(NewFile(path, NEW, sha256(OLD)))),
        ("zone-reload", ReloadZone("example.com", path, ((rndc,),), "", 7, 8)),
    )


def test_the_file_then_the_reload_and_back_again(places: Places, zone: Path) -> None:
    run = prepared(places, changing(zone))
    assert work(places, run) == 0
    assert zone.read_bytes() == NEW
    back = undo_plan(places, run)
    kinds = [type(step.action) for step in back.steps]
    assert kinds == [PutBack, ReloadZone]
    reload = back.steps[1].action
    assert isinstance(reload, ReloadZone)
    assert (reload.was, reload.serial, reload.names) == (8, 7, ())
    assert any("older serial" in one or "old serial, 7" in one for one in back.warnings)
    assert work(places, prepared(places, back)) == 0
    assert zone.read_bytes() == OLD
    # named goes by the file's time, so the old text must not have its old time.
    assert zone.stat().st_mtime > 1_000_000


def test_an_rndc_that_fails_leaves_a_run_that_can_be_taken_back(places: Places, zone: Path) -> None:
    run = prepared(places, changing(zone, "false"))
    assert work(places, run) == 1
    assert last(places, run).outcome == FAILED
    assert "false: exit status 1" in last(places, run).message
    assert zone.read_bytes() == NEW
    kinds = [type(step.action) for step in undo_plan(places, run).steps]
    assert kinds == [PutBack, ReloadZone]


def test_a_run_that_never_came_to_the_reload_needs_none_back(places: Places, zone: Path) -> None:
    only_file = plan(("zone", changing(zone).steps[0].action))
    run = prepared(places, only_file)
    assert work(places, run) == 0
    assert last(places, run).outcome == DONE
    assert [type(step.action) for step in undo_plan(places, run).steps] == [PutBack]


@pytest.mark.promise(14)
def test_a_zone_that_was_edited_meanwhile_is_stale_before_it_is_checked(
    places: Places, zone: Path
) -> None:
    file = NewFile(str(zone), NEW, sha256(b"as it was reviewed"))
    run = prepared(places, plan(("zone-staged", CheckZone("example.com", file))))
    assert work(places, run) == 1
    assert "stale" in last(places, run).message
    assert zone.read_bytes() == OLD
