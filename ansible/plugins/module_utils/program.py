# Copyright: the authors of postfix-wizard
# MIT License (see LICENSE)
"""Calls the program on the host: documented options in, documented JSON out (docs/json.md).

It knows nothing of Ansible. `Run` is a function of the caller: argv and standard input in; exit
status, standard output and standard error out.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Optional

Run = Callable[[list[str], Optional[str]], tuple[int, str, str]]
Result = dict[str, Any]
"""What a module returns."""

NEEDED = ("plan_id", "blocked")
"""Fields of `plan --json` that older programs do not have."""

USAGE = 64
REFUSED = 1
"""Exit status for what is wrong with the host, such as one that was never set up."""
OTHER_PLAN = 66
"""Exit status of `apply --only` if the plan that was made now is another one."""

LOCK = "lock"
"""The kind of a row of `blocked` for another run that is in progress."""

MOST_PLANS = 5
"""Plans that are made at most: another run, or a run that gathers, changes the plan."""


class Failure(Exception):
    """The program refused or failed. `result` is what the module returns with the message."""

    def __init__(self, message: str, result: Mapping[str, Any] = {}) -> None:
        super().__init__(message)
        self.result = result


class Program:
    """The program at `path` on the host."""

    def __init__(self, path: str, run: Run) -> None:
        self.path = path
        self._run = run

    def call(self, *words: str, answers: Optional[Mapping[str, Any]] = None) -> tuple[int, Result]:
        """Return the exit status and the object that a command prints with `--json`.

        The answers go to standard input as JSON, so that no argv has them. Raises Failure with the
        program's own message if it prints no object.
        """
        data = None if answers is None else json.dumps(answers)
        given = [] if answers is None else ["--answers", "-"]
        status, out, err = self._run([self.path, *words, "--json", *given], data)
        try:
            found = json.loads(out)
        except ValueError:
            found = None
        if isinstance(found, dict):
            return status, found
        if self._run([self.path, "answers", "--help"], None)[0] == USAGE:
            self.refuse(words[0])
        message = err.strip() or f"{self.path} printed no JSON (exit status {status})"
        raise Failure(message)

    def refuse(self, command: str) -> None:
        """Raise Failure: the program is too old for `command`."""
        about = self._run([self.path, "--version", "--verbose"], None)[1].splitlines()
        version = ", ".join(about[:2]) or "it names no version"
        raise Failure(
            f"{self.path} on this host is too old ({version}): its command {command} lacks what this"
            " collection needs. Install the release that the collection belongs to: set"
            " postfix_wizard_file or postfix_wizard_rpm of the role postfix_wizard.mail.server."
        )


def present(program: Program, wishes: Mapping[str, Any], *, check_mode: bool) -> Result:
    """Plan, run exactly this plan unless `check_mode`, and return the module's result.

    `wishes` are the module's parameters. Raises Failure, with what was seen so far.
    """
    result = _empty()
    for _plan_number in range(MOST_PLANS):
        plan = _plan(program, wishes)
        result["plan_id"] = plan["plan_id"]
        result["diff"] = {"prepared": prepared(plan)}
        blocked = [one for one in plan["blocked"] if not _can_wait(one, wishes)]
        if blocked:
            raise Failure("\n".join(map(_reason, blocked)), {**result, "blocked": blocked})
        if not plan["pending"]:
            return _proven(program, wishes, result)
        if check_mode:
            steps = [{**one, "outcome": "not begun"} for one in plan["steps"] if not one["done"]]
            return {**result, "changed": True, "steps": steps}
        # A host without a key has no ID yet. `--only ""` makes the key, and runs nothing.
        only = ("--only", plan["plan_id"] or "", "--yes", *_wait(wishes))
        status, done = program.call(
            "apply", *only, *_plan_options(wishes), answers=wishes["answers"]
        )
        if status != OTHER_PLAN:
            _take(result, status, done)
            if not plan["gathers"]:
                return _proven(program, wishes, result)
    raise Failure(
        f"The plan became another one {MOST_PLANS} times before it was run: another program changes"
        " this host. Nothing of the last plan was run.",
        result,
    )


def undone(program: Program, wishes: Mapping[str, Any], *, check_mode: bool) -> Result:
    """Undo one run unless that is done already, and return the module's result. Raises Failure."""
    result = _empty()
    runs = _seen(program, "runs")["runs"]
    found = [one for one in runs if one["run"] == wishes["run"]]
    if not found:
        raise Failure(
            f"There is no run {wishes['run']} on this host. `postfix-wizard runs` lists the runs."
        )
    if found[0]["undone"] or found[0]["returned"]:
        return _proven(program, wishes, result)
    mode = "--dry-run" if check_mode else "--yes"
    status, done = program.call("undo", wishes["run"], mode, *_wait(wishes))
    _take(result, status, done)
    result["diff"] = {"prepared": _lines([line for one in done["files"] for line in one["diff"]])}
    if check_mode:
        return {**result, "changed": bool(done["steps"]), "run": ""}
    return _proven(program, wishes, result)


def facts(program: Program) -> Result:
    """Return the state of the host. `answers` is None on a host that was never set up."""
    found = _seen(program, "status")
    status, answers = program.call("answers")
    if status not in {0, REFUSED}:
        raise Failure(answers["message"])
    return {"status": found, "answers": None if answers["answers"] is None else answers}


def _seen(program: Program, *words: str) -> Result:
    """Return the object of a command that only looks. Raises Failure if it has no result."""
    found = program.call(*words)[1]
    if "message" not in found:
        program.refuse(words[0])
    if found["message"]:
        raise Failure(found["message"])
    return found


def prepared(plan: Mapping[str, Any]) -> str:
    """Return what `--diff` shows: each change of a file, then the commands of the pending steps."""
    lines = [line for one in plan["files"] if one["changed"] for line in one["live_diff"]]
    for step in plan["steps"]:
        if not step["done"]:
            lines.append(f"# {step['title']}")
            lines += [f"#     {shlex.join(argv)}" for argv in step["commands"]]
    return _lines(lines)


def _lines(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def _empty() -> Result:
    return {"changed": False, "run": "", "steps": [], "findings": [], "records": [], "message": ""}


def _plan(program: Program, wishes: Mapping[str, Any]) -> Result:
    plan = program.call("plan", *_plan_options(wishes), answers=wishes["answers"])[1]
    if any(name not in plan for name in NEEDED):
        program.refuse("plan")
    return plan


def _plan_options(wishes: Mapping[str, Any]) -> Iterator[str]:
    for section in wishes["sections"]:
        yield from ("--section", section)
    for one in wishes["accept"]:
        yield from ("--accept", one)
    choice = {"keep": "--keep-mine", "replace": "--take-planned"}.get(wishes["hand_edits"])
    if choice:
        yield choice


def _wait(wishes: Mapping[str, Any]) -> tuple[str, str]:
    return "--wait", str(wishes["wait"])


def _reason(blocked: Mapping[str, Any]) -> str:
    """Return why the plan cannot run. Of a caution it begins with what accepts it."""
    message: str = blocked["message"]
    return f"{blocked['accept']}: {message}" if blocked["accept"] else message


def _can_wait(blocked: Mapping[str, Any], wishes: Mapping[str, Any]) -> bool:
    return blocked["kind"] == LOCK and wishes["wait"] > 0


def _take(result: Result, status: int, done: Mapping[str, Any]) -> None:
    """Add what a run did to the result. Raises Failure if it failed or was refused."""
    result["changed"] = result["changed"] or done["changed"]
    for name in ("run", "steps", "outcome", "returned", "message"):
        result[name] = done[name]
    result["findings"] = _not_right(done["findings"])
    if status != 0:
        result["blocked"] = done["blocked"]
        raise Failure(done["message"] or f"The run ended as {done['outcome']}.", result)


def _proven(program: Program, wishes: Mapping[str, Any], result: Result) -> Result:
    """Return the result, after a check of the server if `prove` is set. Raises Failure."""
    if not wishes["prove"]:
        return result
    seen = _seen(program, "check")
    result["findings"] = _not_right(seen["findings"])
    result["records"] = seen["records"]
    wrong = [
        f"{one['looked_at']}: {one['seen']}"
        for one in seen["findings"]
        if one["verdict"] == "wrong"
    ]
    if wrong:
        raise Failure("\n".join(("The check found this wrong:", *wrong)), result)
    return result


def _not_right(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in findings if one["verdict"] != "right"]
