"""The gather plan: what must be fetched or issued before a plan of the host can be made.

A pure function of answers and host, as the plan itself. None where the source needs nothing,
where what it brings is in place already, or where it was gathered and can be used.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Optional

from wizard.answers.model import SECTIONS, Answers
from wizard.host.facts import Gathered, Host, Lineage
from wizard.plan.model import Fetch, Plan, Step
from wizard.plan.scope import scope_of
from wizard.planning.build import build_plan
from wizard.sections.certificate import issuing, laying

NOT_KNOWN_YET = (
    "This run only gathers: nothing of this host is changed by it. Which certificates come is not "
    "known before, so the plan that puts them in place and sets up Postfix is made, shown and run "
    "after it."
)


def gather_plan(answers: Answers, host: Host, sections: Collection[str] = ()) -> Optional[Plan]:
    """Return the plan that gathers what the certificate's source needs, None for nothing."""
    source = answers.certificate.source
    if "certificate" not in scope_of(sections) or source not in _GATHERS:
        return None
    gathered = laying.current(answers, host)
    # All sections by name are no rerun of this one: so a host is looked at as a whole.
    rerun = "certificate" in sections and not set(SECTIONS) <= set(sections)
    if gathered is None and _IN_PLACE[source](answers, host, rerun):
        return None
    wrong = unusable(answers, host, gathered) if gathered is not None else ""
    if gathered is not None and not wrong:
        return None
    after = build_plan(answers, host, sections)
    return Plan(
        answers=after.answers,
        sections=tuple(sorted(sections)),
        steps=(_GATHERS[source](answers, host),),
        files=(),
        # Whose name the certificate is for is not known before it has come.
        cautions=(
            *(one for one in after.cautions if one.name != "certificate-name"),
            *(issuing.cautions(answers) if source == laying.ISSUED else ()),
        ),
        warnings=(*((wrong,) if wrong else ()), NOT_KNOWN_YET),
        obstacles=(
            *(one for one in after.obstacles if one.section != "certificate"),
            *(issuing.obstacles(answers, host) if source == laying.ISSUED else ()),
        ),
        gathers=source,
    )


def unusable(answers: Answers, host: Host, gathered: Gathered) -> str:
    """Return why what was gathered gives no certificate of the chosen name, "" when it does."""
    name = answers.certificate.name
    there = {lineage.name: lineage for lineage in laying.to_be(answers, host, gathered)}
    chosen = there.get(name)
    if chosen is None:
        wrong = f"it has no lineage {name}; it has {', '.join(_names(gathered)) or 'none'}"
    else:
        wrong = laying.fault(chosen, host.read_at)
    when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(gathered.at))
    return f"What was gathered from {gathered.origin} at {when}: {wrong}." if wrong else ""


def _names(gathered: Gathered) -> tuple[str, ...]:
    return tuple(lineage.name for lineage in gathered.lineages)


def _copied(answers: Answers, host: Host, rerun: bool) -> bool:
    own: Optional[Lineage] = host.lineage(answers.certificate.name)
    return not rerun and own is not None and own.linked and not laying.fault(own, host.read_at)


_IN_PLACE: dict[str, Callable[[Answers, Host, bool], bool]] = {
    "remote": _copied,
    laying.ISSUED: issuing.in_place,
}
"""By source, whether the certificate is there; the third argument: the section is rerun."""


def _fetch(answers: Answers, _host: Host) -> Step:
    host = answers.certificate.host
    return Step(
        "fetch",
        f"Copy /etc/letsencrypt from {host}",
        "Into a private directory first, where each certificate is judged before it is used.",
        Fetch(host, "remote"),
        (("scp", "-pr", "--", f"{host}:/etc/letsencrypt", "STAGING"),),
    )


_GATHERS: dict[str, Callable[[Answers, Host], Step]] = {
    "remote": _fetch,
    laying.ISSUED: issuing.step,
}
"""By the certificate's source, the step that gathers."""
