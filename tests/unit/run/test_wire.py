import dataclasses
import json
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.answers.model import Caution
from wizard.errors import Trouble
from wizard.plan.actions import BuildTable, Deliver, Install, Prove, ReplaceFile, StagedCheck
from wizard.plan.files import NewFile
from wizard.plan.model import Action, FileChange, Plan, Step
from wizard.plan.wire import plan_from_bytes, plan_to_bytes
from wizard.postfix.proposal import Reason

WORDS = st.text(max_size=12)
BYTES = st.binary(max_size=40)
REASONS = st.builds(Reason, st.integers(0, 9), st.integers(0, 9), WORDS)
NEW_FILES = st.builds(
    NewFile, WORDS, BYTES, st.none() | WORDS, st.integers(0, 0o777), st.tuples(REASONS)
)
ACTION = st.one_of(
    st.builds(Install, WORDS, st.tuples(WORDS, WORDS), st.tuples(st.tuples(WORDS, WORDS))),
    st.builds(StagedCheck, st.tuples(NEW_FILES, NEW_FILES), st.tuples(st.tuples(WORDS, WORDS))),
    st.builds(ReplaceFile, NEW_FILES),
    st.builds(BuildTable, WORDS, WORDS, st.tuples(st.tuples(WORDS, WORDS))),
    st.builds(Deliver, WORDS, WORDS),
    st.just(Prove()),
)
STEPS = st.builds(Step, WORDS, WORDS, WORDS, ACTION, st.tuples(st.tuples(WORDS)), st.booleans())
CHANGES = st.builds(FileChange, WORDS, st.none() | BYTES, st.none() | BYTES, BYTES)
PLANS = st.builds(
    Plan,
    WORDS,
    st.tuples(WORDS),
    st.lists(STEPS, max_size=4).map(tuple),
    st.lists(CHANGES, max_size=2).map(tuple),
    st.tuples(st.builds(Caution, WORDS, WORDS)),
    st.tuples(WORDS),
)


@given(PLANS)
@settings(max_examples=200)
def test_a_plan_comes_back_as_it_was(plan: Plan) -> None:
    assert plan_from_bytes(plan_to_bytes(plan)) == plan


@given(st.binary())
def test_any_bytes_come_back(text: bytes) -> None:
    step = Step("a", "", "", ReplaceFile(NewFile("/x", text, None)))
    data = plan_to_bytes(Plan("", (), (step,), ()))
    assert data.isascii()
    assert plan_from_bytes(data).steps == (step,)


def test_every_action_has_a_name_of_its_own() -> None:
    actions = get_args(Action)
    assert all(dataclasses.is_dataclass(kind) for kind in actions)
    assert len({kind.__name__ for kind in actions}) == len(actions)


def test_a_plan_reads_as_json_that_names_its_actions() -> None:
    plan = Plan("", (), (Step("prove", "Prove", "because", Prove()),), ())
    whole = json.loads(plan_to_bytes(plan))
    assert whole["version"] == 2
    assert whole["plan"]["steps"][0]["action"] == {"Prove": {}}


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ((), None, "version"),
        (("version",), 3, "format is 3, and this program reads up to 2"),
        (("version",), 10**30, "format is 1000"),
        (("version",), "2", "version is '2'"),
        (("version",), 2.0, "version is 2.0"),
        (("version",), True, "version is True"),
        (("version",), 0, "version is 0"),
        (("version",), -2, "version is -2"),
        (("plan",), [], "dict expected"),
        (("plan", "answers"), 7, "str expected"),
        (("plan", "extra"), 7, "extra"),
        (("plan", "steps"), [{"id": "x"}], "action"),
        (("plan", "cautions"), [[]], "dict expected"),
    ],
)
def test_what_is_no_plan_is_refused_in_words(
    path: tuple[str, ...], value: object, says: str
) -> None:
    whole = json.loads(plan_to_bytes(Plan("", (), (), ())))
    if path:
        at = whole
        for name in path[:-1]:
            at = at[name]
        at[path[-1]] = value
    else:
        whole = value
    with pytest.raises(Trouble, match=says):
        plan_from_bytes(json.dumps(whole).encode())


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff", b'{"version":1}', b"[" * 100_000])
def test_rubbish_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(Trouble, match="no plan of this program's"):
        plan_from_bytes(data)


def test_an_unknown_action_is_refused() -> None:
    step = Step("prove", "", "", Prove())
    data = plan_to_bytes(Plan("", (), (step,), ())).replace(b'"Prove"', b'"Explode"')
    with pytest.raises(Trouble, match="'Explode' is unknown"):
        plan_from_bytes(data)
