"""Make the gather plan: it fetches or issues what a plan of the host needs."""

from __future__ import annotations

from collections.abc import Collection
from typing import Optional

from wizard.answers.model import Answers
from wizard.host.facts import Host
from wizard.plan.model import Plan
from wizard.planning.build import build_plan
from wizard.sections.registry import SECTIONS

NOT_KNOWN_YET = (
    "This run only gathers: nothing of this host is changed by it. Which certificates come is not "
    "known before, so the plan that puts them in place and sets up Postfix is made, shown and run "
    "after it."
)


def gather_plan(answers: Answers, host: Host, sections: Collection[str] = ()) -> Optional[Plan]:
    """Return the plan that gathers what a section needs, None if no section needs anything."""
    wanted = (one.gather(answers, host, sections) for one in SECTIONS)
    found = next((one for one in wanted if one is not None), None)
    if found is None:
        return None
    after = build_plan(answers, host, sections)
    return Plan(
        answers=after.answers,
        sections=tuple(sorted(sections)),
        steps=(found.step,),
        files=(),
        cautions=(
            *(one for one in after.cautions if one.name not in found.later),
            *found.cautions,
        ),
        warnings=(*found.warnings, NOT_KNOWN_YET),
        obstacles=(
            *(one for one in after.obstacles if one.section != found.section),
            *found.obstacles,
        ),
        gathers=found.source,
    )
