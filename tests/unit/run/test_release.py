"""A run of another major release is neither undone nor resumed; one of format 1 by its tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.run.runs import OLD, plan, prepared, usual
from wizard.door import Door, Outcome
from wizard.errors import Trouble
from wizard.plan.actions import BuildTable
from wizard.plan.model import FileChange, Plan
from wizard.plan.wire import plan_from_bytes, plan_to_bytes
from wizard.run.history import RunSummary
from wizard.run.paths import Places
from wizard.run.records import DIED
from wizard.run.release import other_release, refuse_other_release, ways_on


class Host(Door):
    """A host of this VERSION_ID whose `postconf -m` prints these types, None for no postconf."""

    def __init__(self, root: Path, version: str, types: str | None) -> None:
        super().__init__(root)
        (root / "etc").mkdir(parents=True, exist_ok=True)
        (root / "etc/os-release").write_text(f'ID=rhel\nNAME="RHEL"\nVERSION_ID="{version}"\n')
        self._types = types

    def run(self, argv: object, **_: object) -> Outcome | None:
        assert argv == ("postconf", "-m")
        return None if self._types is None else Outcome(0, self._types.encode(), b"")


EL9, EL10 = "btree\ncidr\nhash\nproxy\n", "cidr\nlmdb\nproxy\n"


def of(text: bytes, release: str = "") -> Plan:
    change = FileChange("/etc/postfix/main.cf", None, text, b"myhostname = a.example\n")
    return Plan("", (), (), (change,), release=release)


HASH = b"alias_maps = hash:/etc/aliases\n"
CASES = {
    "the same release": (of(HASH, "9"), "9.4", EL9, ""),
    "a minor release later": (of(HASH, "9"), "9.10", EL9, ""),
    "the next major release": (of(b"", "9"), "10.1", EL10, "on release 9 of this distribution"),
    "a release back": (of(b"", "10"), "9.6", EL9, "and this is release 9"),
    "an os-release that says nothing": (of(b"", "9"), "", EL10, ""),
    "format 1, the host has hash": (of(HASH), "9.4", EL9, ""),
    "format 1, the host has none": (of(HASH), "10.0", EL10, "of the type hash"),
    "format 1, btree in a proxy": (
        of(b"virtual_alias_maps = proxy:btree:/etc/postfix/v\n"),
        "10.0",
        EL10,
        "of the type btree",
    ),
    "format 1, in a comment alone": (of(b"# alias_maps = hash:/etc/aliases\n"), "10.0", EL10, ""),
    "format 1, a folded value": (
        of(b"alias_maps =\n  hash:/etc/aliases,\n  hash:/etc/b\n"),
        "10.0",
        EL10,
        "hash",
    ),
    "format 1, no table at all": (of(b"myhostname = a\n"), "10.0", EL10, ""),
    "format 1, Postfix is gone": (of(HASH), "10.0", None, ""),
    "format 1, a table that was built": (
        plan(("t", BuildTable("hash", "/etc/postfix/sender_access", ()))),
        "10.0",
        EL10,
        "of the type hash",
    ),
    "format 1, lmdb on a host without": (
        plan(("t", BuildTable("lmdb", "/etc/postfix/sender_access", ()))),
        "9.4",
        EL9,
        "",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_plan_fits_its_own_release_alone(tmp_path: Path, name: str) -> None:
    wanted, version, types, words = CASES[name]
    said = other_release(wanted, Host(tmp_path, version, types))
    assert words in said
    assert bool(said) == bool(words)


def test_it_is_refused_with_what_to_do(places: Places, tmp_path: Path) -> None:
    run = prepared(places, replace(usual(tmp_path / "etc"), release="9"))
    upgraded = Host(tmp_path / "root", "10.1", EL10)
    with pytest.raises(Trouble) as caught:
        refuse_other_release(places, run, "undoing a run", upgraded)
    assert f"While undoing a run: run {run} was recorded on release 9" in str(caught.value)
    assert str(places.run(run).replaced) in caught.value.advice
    refuse_other_release(places, run, "undoing a run", Host(tmp_path / "root", "9.9", EL9))


def test_what_can_be_done_about_it_names_no_command_that_refuses(
    places: Places, tmp_path: Path
) -> None:
    run = prepared(places, replace(usual(tmp_path / "etc"), release="1"))
    words = ways_on(places, RunSummary(run, 1.0, DIED))
    assert "was recorded on release 1" in words
    assert "postfix-wizard resume" not in words
    assert "postfix-wizard undo" not in words
    run = prepared(places, usual(tmp_path / "etc"))
    assert "postfix-wizard resume" in ways_on(places, RunSummary(run, 1.0, DIED))


def test_a_plan_without_the_field_is_read() -> None:
    written = plan_to_bytes(of(OLD, "9"))
    assert plan_from_bytes(written.replace(b',"release":"9"', b"")).release == ""
    assert plan_from_bytes(written).release == "9"
