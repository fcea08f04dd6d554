"""The ID of a plan: all that a run does is in it, and nothing that only says why or when."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Union, cast, get_args, get_origin

import pytest

from tests.factories import FRESH, ZEKE
from tests.unit.run.runs import ROOT
from wizard.answers.model import Caution, host_problem
from wizard.errors import Trouble
from wizard.plan.files import sha256
from wizard.plan.model import Action, Foreign, Plan, Step
from wizard.plan.wire import fields_of
from wizard.planning.build import build_plan
from wizard.run.directories import make_private
from wizard.run.paths import Places
from wizard.run.plan_id import PROSE_AND_TIMES, plan_id
from wizard.run.seals import KEY_BYTES, Seals, make_seals, read_seals

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="files of root")
PLAN = build_plan(ZEKE, FRESH)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    make_private(tmp_path / "state")
    (tmp_path / "state/key").write_bytes(bytes(range(KEY_BYTES)))
    (tmp_path / "state/key").chmod(0o600)
    return Places(tmp_path / "state", tmp_path / "run", tmp_path / "answers.toml")


def sample(hint: Any, number: int) -> Any:
    """Return a value of a type; each number gives another one."""
    if get_origin(hint) is Annotated:
        return sample(get_args(hint)[0], number)
    if get_origin(hint) is Union:
        return sample(get_args(hint)[0], number)
    if get_origin(hint) is tuple:
        kinds = [one for one in get_args(hint) if one is not ...]
        return tuple(sample(one, number) for one in kinds)
    if dataclasses.is_dataclass(hint):
        kind: Any = hint
        return kind(**{name: sample(one, number) for name, one in fields_of(kind).items()})
    made: dict[Any, Any] = {str: f"t{number}", bytes: b"\xff%d" % number, bool: bool(number % 2)}
    return made.get(hint, number)


def changed(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the value with each of its fields, and of those below them, changed alone."""
    for name, hint in fields_of(cast("type", type(value))).items():
        now = getattr(value, name)
        yield f"{path}{name}", replace(value, **{name: sample(hint, 2)})
        (inner,) = now if isinstance(now, tuple) and len(now) == 1 else (now,)
        if dataclasses.is_dataclass(inner):
            for below, other in changed(inner, f"{path}{name}."):
                whole = (other,) if isinstance(now, tuple) else other
                yield below, replace(value, **{name: whole})


def with_step(action: Any) -> Plan:
    return Plan("", (), (Step("a", "", "", action),), ())


@pytest.mark.parametrize("kind", get_args(Action), ids=lambda kind: kind.__name__)
def test_each_field_of_an_action_counts_but_prose_and_times(kind: type, places: Places) -> None:
    action = sample(kind, 1)
    own = plan_id(with_step(action), places)
    for name, other in changed(action):
        is_left_out = bool(PROSE_AND_TIMES & {*name.split(".")})
        assert (plan_id(with_step(other), places) == own) == is_left_out, name


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"answers": "other"}, False),
        ({"sections": ("limits",)}, False),
        ({"gathers": "remote"}, False),
        ({"undoes": "20261201-000000-1"}, False),
        ({"steps": PLAN.steps[:-1]}, False),
        ({"steps": PLAN.steps[::-1]}, False),
        ({"files": PLAN.files[:-1]}, False),
        ({"files": (replace(PLAN.files[0], live=b"by hand\n"), *PLAN.files[1:])}, False),
        ({"files": (replace(PLAN.files[0], proposed=b"x"), *PLAN.files[1:])}, False),
        ({"foreign": (Foreign("a", "/x:1", "runs", "x", accepted=True),)}, False),
        ({"foreign": (Foreign("a", "/x:1", "runs", "x"),)}, True),
        ({"files": tuple(replace(one, reasons=()) for one in PLAN.files)}, True),
        ({"steps": tuple(replace(one, title="T", why="W") for one in PLAN.steps)}, True),
        ({"warnings": ("new",)}, True),
        ({"cautions": (Caution("public-range", "x", ("y",)),)}, True),
        ({"obstacles": (host_problem("no"),)}, True),
        ({"stays": ("x",)}, True),
        ({"today": "other"}, True),
    ],
    ids=str,
)
def test_of_the_plan_itself(changes: dict[str, Any], same: bool, places: Places) -> None:
    assert (plan_id(replace(PLAN, **changes), places) == plan_id(PLAN, places)) == same


def test_a_step_that_is_done_does_not_count(places: Places) -> None:
    done = replace(with_step(None).steps[0], id="b", done=True)
    assert plan_id(replace(PLAN, steps=(*PLAN.steps, done)), places) == plan_id(PLAN, places)


def test_it_is_the_same_in_another_process(places: Places) -> None:
    """Sets have another order there."""
    code = (
        "import sys; from pathlib import Path; from tests.factories import FRESH, ZEKE\n"
        "from wizard.planning.build import build_plan; from wizard.run.paths import Places\n"
        "from wizard.run.plan_id import plan_id\n"
        f"print(plan_id(build_plan(ZEKE, FRESH), Places(state=Path({str(places.state)!r}))))"
    )
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, check=True
        )
        assert done.stdout.decode().strip() == plan_id(PLAN, places)


def test_another_key_gives_another_id(places: Places) -> None:
    own = plan_id(PLAN, places)
    assert len(own) == 32
    places.key.unlink()
    make_seals(places.key)
    assert plan_id(PLAN, places) != own


def test_without_a_key_there_is_none_and_nothing_is_written(tmp_path: Path) -> None:
    assert plan_id(PLAN, Places(tmp_path / "state", tmp_path / "run")) == ""
    assert not [*tmp_path.iterdir()]


def test_a_damaged_key_is_an_error(places: Places) -> None:
    places.key.write_bytes(b"short")
    with pytest.raises(Trouble, match="damaged"):
        plan_id(PLAN, places)


def test_no_id_is_the_hash_of_a_text(places: Places) -> None:
    """The key has another use; a text that is chosen by somebody gives no ID of a plan."""
    seals = read_seals(places.key)
    made = seals.mac("plan", b"text")
    assert made not in seals.digest(b"text")
    assert made not in seals.keyed(sha256(b"text"))
    assert made != Seals(b"x" * KEY_BYTES).mac("plan", b"text")
    assert made != seals.mac("other", b"text")
