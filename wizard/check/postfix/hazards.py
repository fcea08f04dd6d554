"""Check for parameters outside the policy that silently stop, lose or copy mail (postconf(5))."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.finding import WARNING, WRONG, Check, Finding
from wizard.postfix.hazards import HAZARDS, twice_listed
from wizard.postfix.settings import Settings
from wizard.text import printable


def judge_hazards(settings: Settings) -> Iterator[Finding]:
    """`parameters.NAME` for each hazard, `parameters` if there is none, and `domains.classes`."""
    found = [one for one in HAZARDS if one.applies(settings)]
    for one in found:
        yield Check(f"parameters.{one.name}", f"main.cf: {one.name}", "no such value").finding(
            WRONG if one.is_wrong else WARNING,
            printable(f"{settings.value(one.name) or 'empty'}: {one.does}"),
            one.advice,
        )
    if not found:
        check = Check("parameters", "main.cf: what stops mail", "no such value")
        yield check.right(f"none of {len(HAZARDS)} such values")
    yield _classes(settings)


def _classes(settings: Settings) -> Finding:
    check = Check("domains.classes", "main.cf: each domain once", "local or virtual, never both")
    for domain, first, second in twice_listed(settings):
        return check.wrong(
            printable(f"{domain} is in {first} and {second}"),
            f"Take it out of {first} or of {second}: its mail may go to either now.",
        )
    return check.right("no domain is in two lists")
