"""Configurations by other hands, read back: what they say is shown, and nothing of it moves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.corpus import CORPUS, MOVES, NAMES, changed, host_of
from tests.corpus.outside import lost_or_added
from wizard.answers.model import POLICY, SECTIONS
from wizard.door import Door
from wizard.host.read import read_host
from wizard.paths import MAIN_CF, MASTER_CF, SENDER_ACCESS
from wizard.plan.model import Plan
from wizard.planning.build import build_plan
from wizard.planning.read_back import read_back
from wizard.postfix import hardening, second_mx, tls
from wizard.postfix.main_cf import MainCf
from wizard.postfix.parameters import BY_NAME
from wizard.postfix.restrictions import BLOCKLISTS, parted
from wizard.postfix.sender_access import rows
from wizard.sections.registry import NEEDS
from wizard.status.settings import settings_by_section

RESTRICTIONS = "smtpd_recipient_restrictions"
EVERY = pytest.mark.parametrize("name", NAMES)


def moved(plan: Plan) -> list[str]:
    """Return the paths that the plan would write."""
    return [
        one.path for one in plan.files if one.proposed != (b"" if one.live is None else one.live)
    ]


def test_the_index_has_a_line_for_each() -> None:
    rows = re.findall(r"^\| ([a-z0-9-]+) \| \S", (CORPUS / "README.md").read_text(), re.MULTILINE)
    assert [one for one in rows if one not in {"test", "shape"}] == list(NAMES)


@pytest.mark.slow
@EVERY
def test_reading_back_and_planning_at_once_changes_nothing(name: str, tmp_path: Path) -> None:
    """Section by section, and all of them at once."""
    host = host_of(name, tmp_path / "root")
    today = read_back(host)
    assert today is not None
    for sections in (*((one,) for one in SECTIONS), SECTIONS):
        plan = build_plan(today, host, sections)
        assert moved(plan) == [], sections


@pytest.mark.slow
@pytest.mark.by_turns(3)
@EVERY
@pytest.mark.parametrize("section", MOVES)
def test_a_change_is_read_back_as_it_was_made(name: str, section: str, tmp_path: Path) -> None:
    """And doing the same twice is doing it once."""
    host = host_of(name, tmp_path / "root")
    today = read_back(host)
    assert today is not None
    wanted = changed(section, today)
    plan = build_plan(wanted, host, (section,))
    (main,) = [one for one in plan.files if one.path == "/etc/postfix/main.cf"]
    before, after = MainCf.parse(main.live or b""), MainCf.parse(main.proposed)
    assert bytes(before) == main.live
    assert bytes(after) == main.proposed
    for file in plan.files:
        place = tmp_path / "root" / file.path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.proposed)
    again = build_plan(wanted, read_host(Door(tmp_path / "root"), NEEDS), (section,))
    assert moved(again) == []


ROWS = b"# mine\n\tfolded\nfriend.example  OK\r\n\nodd.example\t550 Go away\n"


@pytest.mark.slow
@pytest.mark.promise(17)
@pytest.mark.by_turns(3)
@EVERY
@pytest.mark.parametrize("section", [*MOVES, "dns", POLICY])
def test_every_byte_outside_of_the_section_stays(name: str, section: str, tmp_path: Path) -> None:
    """Of main.cf, master.cf and sender_access; what it says of the other sections too."""
    root = tmp_path / "root"
    host_of(name, root)
    (root / SENDER_ACCESS.lstrip("/")).write_bytes(ROWS)
    host = read_host(Door(root), NEEDS)
    today = read_back(host)
    assert today is not None
    wanted = changed(section, today) if section != POLICY else today
    plan = build_plan(wanted, host, (section,))
    before = {one.path: one.live or b"" for one in plan.files}
    after = {one.path: one.proposed for one in plan.files}
    own = {one for one, parameter in BY_NAME.items() if parameter.section == section}
    own |= MOVES.get(section, set())
    assert lost_or_added(before[MAIN_CF], after[MAIN_CF], own) == []
    was, is_now = settings_by_section(before), settings_by_section(after)
    # Of the entries of 587 and 465, which are the policy's, two sections have one item of a list, and
    # tls has options. A second MX has two items of the list of recipients, and one of the limits.
    in_entries = section in {*hardening.NAMES, tls.SECTION}
    shares = in_entries or section == second_mx.SECTION
    owners = {section, POLICY} if shares else {section}
    assert {one for one in was if was[one] != is_now[one]} <= owners
    if not in_entries and section != POLICY:
        assert after[MASTER_CF] == before[MASTER_CF]
    if section != POLICY:
        listed = [MainCf.parse(one[MAIN_CF]).value(RESTRICTIONS) or "" for one in (before, after)]
        others = [parted(one.replace(",", " ").split())[1] for one in listed]
        own_item = second_mx.client_item(wanted.backup.servers)
        assert others[0] == tuple(one for one in others[1] if one != own_item)
    if section != BLOCKLISTS:
        assert after[SENDER_ACCESS] == ROWS
    else:
        assert after[SENDER_ACCESS].startswith(ROWS) or after[SENDER_ACCESS].endswith(ROWS)
        assert set(rows(ROWS)) < set(rows(after[SENDER_ACCESS]))
