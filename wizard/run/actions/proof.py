"""Check the result of the run (wizard.check)."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.answers.model import Answers
from wizard.errors import Trouble
from wizard.finding import WRONG, Finding
from wizard.plan.actions import Prove, StagedCheck
from wizard.run.action_kind import ActionKind
from wizard.run.context import Context, Undo
from wizard.run.records import Found


def prove_all(_action: Prove, context: Context) -> Undo:
    """Run every check and show each finding as it comes. Raises Trouble if a fatal one is wrong."""
    found = []
    for finding in _findings(context):
        context.say(f"{finding.verdict:8} {finding.looked_at}: {finding.seen}")
        found.append(finding)
    context.record(Found(tuple(found)))
    wrong = [one for one in found if one.verdict == WRONG and one.fatal]
    if wrong:
        raise Trouble(
            "proving the result",
            f"{len(wrong)} of {len(found)} checks found something wrong: "
            + "; ".join(one.looked_at for one in wrong[:5]),
            wrong[0].advice or "`postfix-wizard check` shows them all.",
        )
    return {}


def _findings(context: Context) -> Iterator[Finding]:
    # A run without this step needs neither the checks nor the TOML reader.
    from wizard.answers.toml import parse_stored  # noqa: PLC0415
    from wizard.check.counting import counted, tolerated  # noqa: PLC0415
    from wizard.check.hand_edits import excused  # noqa: PLC0415
    from wizard.check.prove import prove  # noqa: PLC0415
    from wizard.door import Door  # noqa: PLC0415

    answers = parse_stored(context.plan.answers)
    if not isinstance(answers, Answers):
        raise Trouble("proving the result", f"the plan's answers cannot be read: {answers}", "")
    staged = [step.action for step in context.plan.steps if isinstance(step.action, StagedCheck)]
    # Names with a slash are master.cf's.
    expected = [pair for action in staged for pair in action.expected if "/" not in pair[0]]
    found = prove(
        answers,
        Door(),
        sections=context.plan.sections,
        expected=expected if staged else None,
        tolerated=tolerated(context.plan),
    )
    before = context.before
    adjusted = excused(found, context.plan.edits)
    yield from counted(adjusted, context.plan, None if before is None else before.wrong)


ACTION_KINDS = (ActionKind(Prove, prove_all),)
