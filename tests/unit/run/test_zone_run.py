"""A zone file's steps taken and taken back: the reload comes after the file, both ways."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from tests.unit.run.runs import NEW, OLD, last, plan, prepared
from wizard.dns.key_records import unmade, zone_line
from wizard.door import Door
from wizard.host.signing import read_keys
from wizard.plan.actions import CheckZone, MakeKey, ReloadZone, ReplaceFile, ReplaceZone
from wizard.plan.files import NewFile, sha256
from wizard.plan.model import Plan
from wizard.plan.undo_actions import PutBack
from wizard.run.actions import zone as actions
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


def test_a_key_that_the_run_makes_is_published_by_the_same_run(
    places: Places, zone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lab runs the real named-checkzone."""
    monkeypatch.setattr(actions, "CHECK", ("true",))
    key = str(zone.parent.parent / "keys/s1.private")
    name, user = "s1._domainkey.example.com", pwd.getpwuid(0).pw_name
    head = b"$TTL 60\n@ IN SOA ns root 1 2 3 4 5\n@ IN NS ns\nns IN A 192.0.2.1\n"
    zone.write_bytes(head)

    def text(public: str) -> bytes:
        return head + zone_line(name, public).replace("( ", "").replace(" )", "").encode() + b"\n"

    new = NewFile(str(zone), text(unmade(key)), sha256(head))
    publishing = plan(
        ("zone-staged", CheckZone("example.com", new)),
        ("dkim-key-example.com", MakeKey(key, 2048, user)),
        ("zone", ReplaceZone(new, "example.com", (key,))),
    )
    run = prepared(places, publishing)
    assert work(places, run) == 0, last(places, run).message
    public = read_keys(Door(), (key,))[key].public
    assert len(public) == 392
    assert zone.read_bytes() == text(public)
    assert work(places, prepared(places, undo_plan(places, run))) == 0
    assert zone.read_bytes() == head
    assert Path(key).exists()


def test_a_key_that_cannot_be_read_changes_no_zone(places: Places, zone: Path) -> None:
    new = NewFile(str(zone), NEW, sha256(OLD))
    run = prepared(places, plan(("zone", ReplaceZone(new, "example.com", (str(zone) + ".key",)))))
    assert work(places, run) == 1
    assert "there is no such key" in last(places, run).message
    assert zone.read_bytes() == OLD
