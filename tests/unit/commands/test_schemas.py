"""What the commands print is as docs/schema says, and docs/json.md names each field."""

from __future__ import annotations

import io
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import fastjsonschema
import pytest

from tests import schemas
from tests.corpus import host_of
from tests.factories import FRESH, ZEKE
from tests.unit.commands.test_blocked import EDIT, RANGE
from tests.unit.run.runs import OLD, plan, prepared, usual
from wizard.check.report import as_data as check_data
from wizard.commands import answers as answers_module
from wizard.commands import plan as plan_module
from wizard.commands.console import Console
from wizard.commands.planning import Options
from wizard.commands.result import as_data
from wizard.commands.runs import run_runs
from wizard.commands.work import Work
from wizard.dns.records import Published
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import VERDICTS, Cure, Edit, Finding
from wizard.host.facts import Host
from wizard.log.report import as_data as log_data
from wizard.log.tally import Tally
from wizard.plan.actions import Command
from wizard.plan.model import FileChange, Foreign, Plan
from wizard.planning.build import build_plan
from wizard.run.paths import Places
from wizard.run.run_result import run_result
from wizard.run.worker import work
from wizard.session import Session

PAGE = (schemas.ROOT / "docs/json.md").read_text(encoding="utf-8")
WRONG = Finding("a", "b", "c", "d", "wrong", "e", cure=Cure((("f",),), (Edit("/g", "", "h"),)))


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(Door(), Places(tmp_path / "state", tmp_path / "run", tmp_path / "a.toml"), ())


def console() -> Console:
    return Console(io.StringIO(), is_terminal=False, colour=False)


def printed(one: Console) -> str:
    assert isinstance(one.out, io.StringIO)
    return one.out.getvalue()


def properties(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", ())
        for value in schema.values():
            yield from properties(value)


@pytest.mark.parametrize("name", schemas.NAMES)
def test_the_page_names_each_field(name: str) -> None:
    words = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`[^`]+`", PAGE))))
    assert set(properties(schemas.read(name))) - words == set()
    assert f"schema/{name}.json" in PAGE


@pytest.mark.parametrize("name", schemas.NAMES)
def test_a_field_may_be_added_and_none_removed(name: str) -> None:
    schema = schemas.read(name)
    assert schema["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert set(schema["required"]) == set(schema["properties"])
    assert "additionalProperties" not in schema
    with pytest.raises(fastjsonschema.JsonSchemaException):
        schemas.validate(name, "{}")


FULL = replace(
    build_plan(ZEKE, FRESH),
    cautions=(RANGE,),
    edits=(EDIT,),
    foreign=(Foreign("a", "/b:1", "runs", "c"),),
    to_copy=(FileChange("/x", None, None, b"x\n"),),
)


@pytest.mark.parametrize("made", [FULL, build_plan(ZEKE, FRESH), plan()], ids=range(3))
def test_plan(session: Session, made: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "make_plan", lambda *_: (made, FRESH))
    for options in (Options(json=True), Options(json=True, conflicts="mine")):
        one = console()
        plan_module.run_plan(session, options, one)
        schemas.validate("plan", printed(one))


@pytest.mark.skipif(os.geteuid() != 0, reason="files of root")
def test_results_and_runs(session: Session, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir(mode=0o755)
    (tmp_path / "etc/main.cf").write_bytes(OLD)
    places = session.places
    failing = plan(("bad", Command(("false",))))
    names = [prepared(places, one) for one in (usual(tmp_path / "etc"), failing)]
    for name in names:
        work(places, name)
        time.sleep(0.01)
    results = [run_result(places, name) for name in names]
    found = replace(results[0], findings=(WRONG,))
    shown = Work(plans=[failing], words=["Nothing was changed."])
    for more in (
        as_data(Work(), [found]),
        as_data(Work(), results),
        as_data(shown, []),
        as_data(Work(plans=[FULL]), []),
        as_data(shown, [], is_dry=True),
        as_data(Work(), [], Trouble("a", "b")),
        as_data(Work(), [results[0]], Trouble("a", "b")),
        as_data(Work(), [], KeyboardInterrupt()),
    ):
        schemas.validate("result", json.dumps({**more, "plan_id": None}))
    one = console()
    assert run_runs(session, Options(json=True), one) == 0
    assert len(schemas.validate("runs", printed(one))["runs"]) == 2


@pytest.mark.slow
@pytest.mark.parametrize("name", ["names-in-every-list", "tables-for-lists", "bare-minimum"])
def test_answers(name: str, tmp_path: Path) -> None:
    host_of(name, tmp_path)
    session = Session(Door(tmp_path), Places(tmp_path / "state"), ())
    one = console()
    assert answers_module.run_answers(session, Options(json=True), one) == 0
    assert schemas.validate("answers", printed(one))["unexpressed"]


def test_answers_of_a_host_that_was_never_set_up(session: Session) -> None:
    class Never:
        door, places = Door(Path("/nowhere")), session.places

        def host(self) -> Host:
            return FRESH

        def today(self, _host: Host) -> None:
            return None

        answers = today

    with pytest.raises(Trouble, match="was not set up before") as caught:
        answers_module.run_answers(cast("Session", Never()), Options(), console())
    assert caught.value.exit_code == 1


def test_check() -> None:
    findings = [replace(WRONG, verdict=verdict, cure=Cure()) for verdict in VERDICTS]
    record = Published("mail.example.com.", "A", "192.0.2.1", "It is the server.")
    one = console()
    one.say_json(check_data([*findings, WRONG], [record]))
    schemas.validate("check", printed(one))


def test_log() -> None:
    one = console()
    one.say_json(log_data("the journal", 0.0, Tally(), pflogsumm=False))
    schemas.validate("log", printed(one))
