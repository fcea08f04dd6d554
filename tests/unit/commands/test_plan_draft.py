"""`plan --draft`: what was typed is planned as Review would, or refused by field and sentence."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Optional, cast

import pytest

from tests.factories import FRESH
from tests.unit.drafts.test_draft import TODAY, opened
from wizard.answers.model import Answers
from wizard.cli import main, say_trouble
from wizard.commands.console import console
from wizard.commands.plan import run_plan
from wizard.commands.planning import Options
from wizard.drafts.offer import Opening
from wizard.drafts.store import DraftStore
from wizard.host.facts import Host
from wizard.plan.choices import Choices
from wizard.plan.model import Plan
from wizard.run.paths import Places
from wizard.session import Session

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="a draft is root's")


@dataclass
class Machine:
    """A session on a machine that is set up with TODAY."""

    places: Places
    set_up: bool = True
    door: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(is_live=True))
    planned: list[tuple[Answers, tuple[str, ...]]] = field(default_factory=list)

    def host(self) -> Host:
        return FRESH

    def today(self, _host: Host) -> Optional[Answers]:
        return TODAY if self.set_up else None

    answers = today

    def opening(self, host: Host) -> Opening:
        return Session.opening(cast("Session", self), host)

    def drafts(self) -> DraftStore:
        return DraftStore(self.places, "taro", "5-5")

    def plan(self, given: Answers, _host: Host, sections: Collection[str], _: Choices) -> Plan:
        self.planned.append((given, tuple(sections)))
        return Plan("", tuple(sections), (), ())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(Places(state=tmp_path / "state", runtime=tmp_path / "run"))


def planned(machine: Machine, *sections: str) -> int:
    options = Options(draft=True, sections=sections)
    return say_trouble(lambda: run_plan(cast("Session", machine), options, console()))


def test_what_was_typed_is_planned_alone(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = opened()
    draft.set("limits", "message_size_limit", "7000000")
    draft.begin_item("domains", "local", "b.example")
    machine.drafts().keep(draft.stored(1.0, "5-5"))
    assert planned(machine) == 0
    ((given, sections),) = machine.planned
    assert sections == ("domains", "limits")
    assert given.limits.message_size_limit == 7000000
    assert given.domains.local == ("a.example", "b.example")
    assert "were not run." in capsys.readouterr().out
    assert planned(machine, "limits") == 0
    given, sections = machine.planned[-1]
    assert sections == ("limits",)
    assert given.domains == TODAY.domains


def test_text_that_is_wrong_is_refused_by_field_and_sentence(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = opened()
    draft.set("hostname", "myhostname", "mail\x1b[2J")
    draft.set("limits", "message_size_limit", "much")
    draft.begin_item("networks", "mynetworks", "10.1")
    machine.drafts().keep(draft.stored(1.0, "5-5"))
    assert planned(machine) == os.EX_DATAERR
    said = capsys.readouterr().err
    for name in ("hostname.myhostname: ", "limits.message_size_limit: ", "networks.mynetworks: "):
        assert name in said
    assert "\x1b" not in said
    assert machine.planned == []
    # A section that is named alone does not stumble over the others.
    draft.set("limits", "message_size_limit", "7000000")
    machine.drafts().keep(draft.stored(1.0, "5-5"))
    assert planned(machine, "limits") == 0


def test_without_a_draft_it_ends_with_66(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert planned(machine) == os.EX_NOINPUT
    said = capsys.readouterr().err
    assert "taro has no answers that were typed and not run. Open the wizard" in said


def test_a_file_that_cannot_be_used_is_named(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.places.state.mkdir(0o700)
    machine.places.draft.write_text("{")
    machine.places.draft.chmod(0o600)
    assert planned(machine) == os.EX_NOINPUT
    assert "are not used: the file is not JSON" in capsys.readouterr().err


@pytest.mark.parametrize("more", [["--answers", "x.toml"], ["--root", "/"]])
def test_it_goes_with_no_other_answers(
    more: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "etc").mkdir()
    words = [str(tmp_path) if one == "/" else one for one in more]
    assert main(["plan", "--draft", *words]) == os.EX_USAGE
    assert "--draft goes with neither --answers nor --root" in capsys.readouterr().err


def test_a_first_set_up_is_planned_whole(machine: Machine) -> None:
    machine.set_up = False
    draft = Opening({}, first=True).draft(FRESH)
    draft.set("hostname", "myhostname", "mail.example.com")
    draft.set("certificate", "source", "self-signed")
    machine.drafts().keep(draft.stored(1.0, "5-5"))
    assert planned(machine) == 0
    ((given, sections),) = machine.planned
    assert sections == ()
    assert given.hostname.myhostname == "mail.example.com"
