"""What the module of the Ansible collection says to the program, and what it makes of the answers."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, Optional

import pytest

PATH = Path(__file__).parents[3] / "ansible/plugins/module_utils/program.py"
WISHES: dict[str, Any] = {
    "answers": {"hostname": {"myhostname": "mail.example.com"}},
    "sections": [],
    "accept": [],
    "hand_edits": "fail",
    "prove": False,
    "wait": 0,
    "run": "20261201-1",
}
STEP = {"id": "main.cf", "title": "Write main.cf", "done": False, "commands": [["a b", "c"]]}
FILE = {"changed": True, "live_diff": ["--- a", "+++ b"], "diff": ["of the original"]}
PENDING = {
    "plan_id": "1f",
    "pending": 1,
    "gathers": "",
    "blocked": [],
    "files": [FILE, {**FILE, "changed": False}],
    "steps": [STEP, {**STEP, "done": True}],
}
NOTHING = {**PENDING, "pending": 0, "files": [], "steps": []}
DONE = {
    "changed": True,
    "run": "20261201-2",
    "outcome": "done",
    "returned": False,
    "steps": [],
    "findings": [{"id": "a", "verdict": "right"}, {"id": "b", "verdict": "warning"}],
    "message": "",
    "blocked": [],
    "files": [],
}
RETURNED = {**DONE, "changed": False, "outcome": "failed", "returned": True, "message": "no start"}


@pytest.fixture(scope="module")
def module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("program", PATH)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


class Host:
    """A program that gives its answers one after the other, and notes the calls."""

    def __init__(self, *answers: tuple[int, Any]) -> None:
        self.answers = list(answers)
        self.calls: list[list[str]] = []
        self.data: list[Optional[str]] = []

    def run(self, argv: list[str], data: Optional[str]) -> tuple[int, str, str]:
        self.calls.append(argv[1:])
        self.data.append(data)
        status, answer = self.answers.pop(0)
        is_json = isinstance(answer, dict)
        return status, json.dumps(answer) if is_json else "", "" if is_json else answer


Do = Callable[..., dict[str, Any]]


def do(module: ModuleType, host: Host, what: str, *, check: bool = False, **more: Any) -> Any:
    program = module.Program("/usr/bin/postfix-wizard", host.run)
    wishes = {**WISHES, **more}
    result = getattr(module, what)(program, wishes, check_mode=check)
    assert host.answers == []
    return result


def test_it_runs_exactly_the_plan_that_it_made(module: ModuleType) -> None:
    host = Host((2, PENDING), (0, DONE))
    result = do(module, host, "present", wait=9, sections=["limits"], hand_edits="keep")
    assert result["changed"] is True
    assert result["run"] == "20261201-2"
    assert [one["id"] for one in result["findings"]] == ["b"]
    plan, apply = host.calls
    options = ["--section", "limits", "--keep-mine", "--json", "--answers", "-"]
    assert plan == ["plan", *options]
    assert apply == ["apply", "--only", "1f", "--yes", "--wait", "9", *options]
    assert host.data == [json.dumps(WISHES["answers"])] * 2
    assert "mail.example.com" not in str(host.calls)


def test_check_mode_shows_the_live_diff_and_runs_nothing(module: ModuleType) -> None:
    host = Host((2, PENDING))
    result = do(module, host, "present", check=True)
    assert result["changed"] is True
    assert [one["outcome"] for one in result["steps"]] == ["not begun"]
    assert result["diff"]["prepared"] == "--- a\n+++ b\n# Write main.cf\n#     'a b' c\n"


def test_nothing_to_do_is_no_change(module: ModuleType) -> None:
    host = Host((0, NOTHING))
    assert do(module, host, "present")["changed"] is False


def test_a_host_without_a_key_makes_one_and_the_plan_is_made_again(module: ModuleType) -> None:
    host = Host((2, {**PENDING, "plan_id": None}), (66, DONE), (2, PENDING), (0, DONE))
    assert do(module, host, "present")["changed"] is True
    assert [call[2] for call in host.calls if call[0] == "apply"] == ["", "1f"]


def test_a_plan_that_gathers_is_followed_by_another_one(module: ModuleType) -> None:
    host = Host((2, {**PENDING, "gathers": "remote"}), (66, DONE), (2, PENDING), (0, DONE))
    assert do(module, host, "present")["run"] == "20261201-2"


def test_a_plan_that_never_stays_the_same_is_given_up(module: ModuleType) -> None:
    host = Host(*[(2, PENDING), (66, DONE)] * module.MOST_PLANS)
    with pytest.raises(module.Failure, match="another program changes this host"):
        do(module, host, "present")


BLOCKED = {
    "kind": "caution",
    "name": "public-range",
    "message": "Strangers may send.",
    "accept": "public-range=203.0.113.0/24",
}
LOCKED = {
    "kind": "lock",
    "name": "20261201-1",
    "message": "Another run is in progress.",
    "accept": "",
}


def test_what_blocks_the_plan_is_named(module: ModuleType) -> None:
    host = Host((2, {**PENDING, "blocked": [BLOCKED, LOCKED]}))
    with pytest.raises(module.Failure, match=r"^public-range=203\.0\.113\.0/24: Strangers") as e:
        do(module, host, "present")
    assert e.value.result["blocked"] == [BLOCKED, LOCKED]
    assert e.value.result["changed"] is False


def test_another_run_is_no_obstacle_where_the_module_may_wait(module: ModuleType) -> None:
    locked = (2, {**PENDING, "blocked": [LOCKED]})
    host = Host(locked, (66, DONE), (0, NOTHING))
    assert do(module, host, "present", wait=60)["changed"] is False


def test_a_run_that_returned_fails_with_its_words(module: ModuleType) -> None:
    host = Host((2, PENDING), (1, RETURNED))
    with pytest.raises(module.Failure, match="no start") as e:
        do(module, host, "present")
    assert e.value.result["returned"] is True
    assert e.value.result["changed"] is False


def test_wrong_answers_fail_with_the_programs_words(module: ModuleType) -> None:
    said = {
        **BLOCKED,
        "kind": "obstacle",
        "message": "networks.mynetwork: no such key",
        "accept": "",
    }
    host = Host((65, {**NOTHING, "blocked": [said]}))
    with pytest.raises(module.Failure, match="mynetwork: no such key"):
        do(module, host, "present")
    assert [call[0] for call in host.calls] == ["plan"]
    other = Host((77, "only root can do this"), (0, "usage"))
    with pytest.raises(module.Failure, match="only root"):
        do(module, other, "present")


@pytest.mark.parametrize("first", [(65, "no such file"), (2, {"pending": 1})])
def test_an_older_program_is_named(module: ModuleType, first: tuple[int, Any]) -> None:
    more = [] if isinstance(first[1], dict) else [(64, "invalid choice")]
    host = Host(first, *more, (0, ""))
    with pytest.raises(module.Failure, match="/usr/bin/postfix-wizard on this host is too old"):
        do(module, host, "present")


def test_a_proof_fails_for_what_is_wrong(module: ModuleType) -> None:
    seen = {"verdict": "wrong", "looked_at": "port 25", "seen": "closed"}
    host = Host(
        (0, NOTHING), (1, {"findings": [seen], "records": [{"name": "mail"}], "message": ""})
    )
    with pytest.raises(module.Failure, match="port 25: closed") as e:
        do(module, host, "present", prove=True)
    assert e.value.result["records"] == [{"name": "mail"}]


RUN = {"run": "20261201-1", "undone": False, "returned": False}
RUNS = {"runs": [RUN], "message": ""}


def test_a_run_is_undone_once(module: ModuleType) -> None:
    host = Host((0, RUNS), (0, DONE))
    assert do(module, host, "undone")["changed"] is True
    assert host.calls[1] == ["undo", "20261201-1", "--yes", "--wait", "0", "--json"]
    again = Host((0, {**RUNS, "runs": [{**RUN, "undone": True}]}))
    assert do(module, again, "undone")["changed"] is False


def test_check_mode_undoes_nothing(module: ModuleType) -> None:
    planned = {**DONE, "changed": False, "run": "", "steps": [STEP], "files": [{"diff": ["--- a"]}]}
    host = Host((0, RUNS), (0, planned))
    result = do(module, host, "undone", check=True)
    assert result["changed"] is True
    assert result["diff"]["prepared"] == "--- a\n"
    assert "--dry-run" in host.calls[1]


def test_a_run_that_is_not_there_is_named(module: ModuleType) -> None:
    host = Host((0, {**RUNS, "runs": []}))
    with pytest.raises(module.Failure, match="no run 20261201-1"):
        do(module, host, "undone")


def test_facts_of_a_host_that_was_never_set_up(module: ModuleType) -> None:
    status, answers = {"run": "", "message": ""}, {"answers": {"hostname": {}}, "message": ""}
    for code, said, expected in (
        (1, {"answers": None, "message": "this host was not set up before"}, None),
        (0, answers, answers),
    ):
        host = Host((1, status), (code, said))
        program = module.Program("/usr/bin/postfix-wizard", host.run)
        assert module.facts(program) == {"status": status, "answers": expected}


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ([(1, {"run": "", "message": "postconf hangs"})], "postconf hangs"),
        ([(0, {"run": ""}), (0, "")], "too old"),
        ([(0, {"message": ""}), (77, {"answers": None, "message": "only root"})], "only root"),
    ],
)
def test_facts_that_cannot_be_read(
    module: ModuleType, told: list[tuple[int, Any]], words: str
) -> None:
    host = Host(*told)
    with pytest.raises(module.Failure, match=words):
        module.facts(module.Program("/usr/bin/postfix-wizard", host.run))
    assert host.answers == []


def test_a_proof_without_a_result_is_none(module: ModuleType) -> None:
    nothing = {"findings": [], "records": [], "message": "rpm hangs"}
    with pytest.raises(module.Failure, match="rpm hangs"):
        do(module, Host((0, NOTHING), (1, nothing)), "present", prove=True)
