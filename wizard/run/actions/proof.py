"""Check the host (wizard.check): at the end of a run, and what is wrong before its first step.

The same checks run before the first step, with the answers that were read from the host for the
plan. So a check that is right before the run and wrong at its end is the run's own fault. A run
does not fail for what is wrong before it.
"""

from __future__ import annotations

from collections.abc import Iterator

from wizard.answers.model import Answers
from wizard.door import Door
from wizard.errors import Trouble
from wizard.finding import WRONG, Finding
from wizard.plan.actions import Install, Prove, Service, StagedCheck
from wizard.plan.model import Plan
from wizard.run.action_kind import ActionKind
from wizard.run.context import Context, Undo
from wizard.run.records import Found
from wizard.text import counted

SESSION_SECONDS = 8.0
"""For one whole SMTP session in a run, which fails for a server that does not greet. So it waits
longer than `check`, whose probe is unknown then."""


def prove_all(_action: Prove, context: Context) -> Undo:
    """Run every check and show each finding as it comes. Raises Trouble if a fatal one is wrong."""
    # A run without this step needs neither the checks nor the TOML reader.
    from wizard.answers.toml import parse_stored  # noqa: PLC0415
    from wizard.check.cures.advise import with_cures  # noqa: PLC0415

    answers = parse_stored(context.plan.answers)
    if not isinstance(answers, Answers):
        raise Trouble("proving the result", f"the plan's answers cannot be read: {answers}", "")
    found = []
    for finding in _findings(answers, context):
        context.say(f"{finding.verdict:8} {finding.looked_at}: {finding.seen}")
        found.append(finding)
    wrong = [one for one in found if one.verdict == WRONG and one.fatal]
    # This run has just written what the answers say, so another run of them is no cure.
    cured = with_cures(found, answers, Door(), lambda _: False, are_chosen=True, are_saved=True)
    context.record(Found(cured))
    if wrong:
        raise Trouble(
            "proving the result",
            f"{len(wrong)} of {counted(len(found), 'check')} found something wrong: "
            + "; ".join(one.looked_at for one in wrong[:5]),
            wrong[0].advice or "`postfix-wizard check` shows them all.",
        )
    return {}


def _findings(answers: Answers, context: Context) -> Iterator[Finding]:
    from wizard.check.counting import counted, tolerated  # noqa: PLC0415
    from wizard.check.hand_edits import excused  # noqa: PLC0415
    from wizard.check.prove import prove  # noqa: PLC0415

    staged = [step.action for step in context.plan.steps if isinstance(step.action, StagedCheck)]
    # Names with a slash are master.cf's.
    expected = [pair for action in staged for pair in action.expected if "/" not in pair[0]]
    found = prove(
        answers,
        Door(),
        sections=context.plan.sections,
        expected=expected if staged else None,
        tolerated=tolerated(context.plan),
        seconds=SESSION_SECONDS,
        silence=WRONG,
    )
    before = context.before
    adjusted = excused(found, context.plan.edits)
    yield from counted(adjusted, context.plan, None if before is None else before.wrong)


def is_comparable(plan: Plan) -> bool:
    """True if the plan ends with the checks, and does not itself start or install Postfix.

    If Postfix does not run, all checks are wrong, so nothing excuses a run that starts it. A run
    of one section does not start it, and does not fail if Postfix was stopped before.
    """
    proves = any(isinstance(step.action, Prove) for step in plan.pending)
    starts = any(
        (isinstance(step.action, Install) and not step.done)
        or (isinstance(step.action, Service) and step.action.was != "active")
        for step in plan.steps
    )
    return proves and not starts and bool(plan.today)


def wrong_before(plan: Plan) -> tuple[tuple[str, str], ...]:
    """Return what is wrong now (`check.counting.key_of`). Takes about a second. Raises Trouble."""
    # As in prove_all: other runs need neither the checks nor the TOML reader.
    from wizard.answers.toml import parse_stored  # noqa: PLC0415
    from wizard.check.counting import key_of, tolerated  # noqa: PLC0415
    from wizard.check.prove import prove  # noqa: PLC0415

    today = parse_stored(plan.today)
    if not isinstance(today, Answers):
        return ()
    found = prove(
        today,
        Door(),
        sections=plan.sections,
        expected=(),
        tolerated=tolerated(plan),
        seconds=SESSION_SECONDS,
        silence=WRONG,
        is_quick=True,
    )
    return tuple(sorted({key_of(one) for one in found if one.verdict == WRONG}))


ACTION_KINDS = (ActionKind(Prove, prove_all),)
