"""What keeps a plan from running: obstacles, conflicts, cautions that are not accepted, another run.

`blocks` decides. `apply` refuses what it returns, and `plan --json` lists it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Optional

from wizard.answers.accept import OPTION, Accepted, form, form_of, option_for
from wizard.answers.build import problem_text
from wizard.answers.model import Caution, host_problem
from wizard.answers.toml import WrongAnswers
from wizard.errors import AnswersTrouble, Trouble
from wizard.plan import conflicts
from wizard.plan.model import Plan
from wizard.run.lock import Holder, in_progress

OBSTACLE, CONFLICT, CAUTION, LOCK = "obstacle", "conflict", "caution", "lock"
_DOING = "making the plan"


@dataclass(frozen=True)
class Block:
    """One thing for which `apply` with the same options refuses the plan.

    `name` is the field of the answers of an obstacle ("" for one of the host), the name of a
    caution, the file and the setting of a conflict, or the run in progress. `accept` is the value of
    --accept that accepts a caution, else "".
    """

    kind: str
    name: str
    message: str
    accept: str = ""


def blocks(plan: Plan, accepted: Accepted, found: Optional[Holder]) -> tuple[Block, ...]:
    """Return all that keeps the plan from running, in the order of apply's refusals.

    `found` is the run in progress (`wizard.run.lock.holder`).
    """
    lock = () if found is None else (Block(LOCK, found.run, in_progress(found)),)
    return (*lock, *_obstacles(plan), *_conflicts(plan), *_cautions(plan, accepted))


def empty_plan(error: Trouble) -> Plan:
    """Return a plan without steps. Its obstacles are why there is no other one."""
    problems = error.problems if isinstance(error, WrongAnswers) else (host_problem(str(error)),)
    return Plan("", (), (), (), obstacles=problems)


def _obstacles(plan: Plan) -> Iterator[Block]:
    for one in plan.obstacles:
        name = ".".join(filter(None, (one.section, one.name)))
        yield Block(OBSTACLE, name, problem_text(one))


def _conflicts(plan: Plan) -> Iterator[Block]:
    for edit in plan.undecided:
        message = "\n".join(conflicts.conflict_lines(edit))
        yield Block(CONFLICT, f"{edit.path}: {conflicts.subject(edit)}", message)


def _cautions(plan: Plan, accepted: Accepted) -> Iterator[Block]:
    # A plan without a pending step does nothing, so nothing is to be accepted.
    for one in open_cautions(plan, accepted) if plan.pending else ():
        yield Block(CAUTION, one.name, one.message, form_of(one))


def open_cautions(plan: Plan, accepted: Accepted) -> tuple[Caution, ...]:
    """Return the cautions that are not accepted with exactly their values."""
    return tuple(one for one in plan.cautions if not accepted.has(one))


def refuse_obstacles(plan: Plan, changed: str = "Nothing was changed.") -> None:
    """Raise Trouble with all obstacles of the plan. `changed` says what was changed before."""
    found = tuple(_obstacles(plan))
    if not found:
        return
    lines = "\n".join(f"  {one.message}" for one in found)
    of_answers = any(problem.section for problem in plan.obstacles)
    kind = AnswersTrouble if of_answers else Trouble
    raise kind(_DOING, f"it cannot run before this is repaired:\n{lines}", f"\n{changed}")


def refuse_conflicts(plan: Plan) -> None:
    """Raise Trouble with each conflict with a hand edit that has no choice yet."""
    found = tuple(_conflicts(plan))
    if not found:
        return
    lines = "\n".join(f"  {line}" for one in found for line in one.message.splitlines())
    raise Trouble(
        _DOING,
        f"it would overwrite what was changed by hand:\n{lines}\nNothing is decided yet",
        f"Nothing was changed. Add {conflicts.KEEP_MINE} to leave your values, or"
        f" {conflicts.TAKE_PLANNED} to write what is planned.",
    )


def refuse_cautions(plan: Plan, accepted: Accepted) -> None:
    """Raise AnswersTrouble if a caution was not accepted with exactly its values."""
    _refuse(open_cautions(plan, accepted), accepted)


def refuse_wrong_acceptances(plan: Plan, accepted: Accepted) -> None:
    """Raise AnswersTrouble if a caution was named by --accept without exactly its values."""
    found = open_cautions(plan, accepted) if plan.pending else ()
    _refuse([one for one in found if one.name in accepted.by_name], accepted)


def _refuse(missing: Sequence[Caution], accepted: Accepted) -> None:
    if not missing:
        return
    lines = "\n".join(line for caution in missing for line in _caution_lines(caution, accepted))
    options = " ".join(map(option_for, missing))
    raise AnswersTrouble(
        _DOING,
        f"it needs your explicit word:\n{lines}",
        f"\nNothing was changed. If that is what you want, add: {options}",
    )


def _caution_lines(caution: Caution, accepted: Accepted) -> Iterator[str]:
    yield f"  {form_of(caution)}: {caution.message}"
    if caution.name in accepted.by_name:
        given = form(caution.name, sorted(accepted.values(caution.name)))
        yield f"  {OPTION} {given} does not name this value."
