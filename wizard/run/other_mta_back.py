"""Undo what a run did to another mail server, after all else: Postfix must release port 25 first.

Installing Postfix already changes what sendmail(1) is and which server starts at boot. So, once
the package step has begun, undo takes both from the plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from wizard.plan.actions import Install, SetAlternative, StopMta
from wizard.plan.model import Plan, Step
from wizard.plan.undo_actions import ReturnAlternative, ReturnMta
from wizard.run.progress import Progress


def mta_back(plan: Plan, past: Progress, prefix: str) -> Iterator[Step]:
    """Yield the steps of undo: sendmail(1) first, since the other server's unit may start it.

    The ID of each step begins with `prefix`.
    """
    installed = any(
        isinstance(step.action, Install) and step.id in past.intended for step in plan.pending
    )
    for step in reversed(plan.pending):
        if installed or step.id in past.intended:
            yield from _back(step, prefix + step.id)


def after_package(steps: Iterable[Step]) -> Iterator[Step]:
    """Yield the steps after the removal of Postfix's package. Only then is "automatic" exact.

    The other server is started before that, since dnf asks and nobody may answer.
    """
    for step in steps:
        if isinstance(step.action, ReturnAlternative) and step.action.was.startswith("auto:"):
            yield replace(step, id=f"{step.id}-automatic", title="Let alternatives choose again")


def _back(step: Step, name: str) -> Iterator[Step]:
    action = step.action
    if isinstance(action, SetAlternative):
        mode, _, path = action.was.partition(":")
        argv = ("--auto", action.name) if mode == "auto" else ("--set", action.name, path)
        yield Step(
            name,
            "Let sendmail(1) be what it was",
            f"It was {path} before the run.",
            ReturnAlternative(action.name, action.path, action.was, action.units),
            (("alternatives", *argv),),
        )
    elif isinstance(action, StopMta):
        yield Step(
            name,
            f"Start {action.name} again",
            "It took mail before the run.",
            ReturnMta(action.name, action.units),
            tuple(
                ("systemctl", *verb, one.unit)
                for one in action.units
                for verb in _verbs(one.enabled, one.active)
            ),
        )


def _verbs(enabled: str, active: str) -> Iterator[tuple[str, ...]]:
    if enabled == "enabled":
        yield ("enable",)
    if active == "active":
        yield ("start",)
