"""Parameters that no policy names, and that stop, lose or copy mail in silence (postconf(5))."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.finding import RIGHT, WARNING, WRONG, Finding
from wizard.postfix.hazards import HAZARDS, twice_listed
from wizard.postfix.settings import Settings
from wizard.text import printable


def judge_hazards(settings: Settings) -> Iterator[Finding]:
    """`parameters.NAME` for each that is a hazard, `parameters` when none is, and `domains`."""
    found = [one for one in HAZARDS if one.holds(settings)]
    for one in found:
        value = settings.value(one.name)
        yield Finding(
            f"parameters.{one.name}",
            f"main.cf: {one.name}",
            printable(f"{value or 'empty'}: {one.does}"),
            "no such value",
            WRONG if one.is_wrong else WARNING,
            one.advice,
        )
    if not found:
        yield Finding(
            "parameters",
            "main.cf: what stops mail",
            f"none of {len(HAZARDS)} such values",
            "no such value",
            RIGHT,
        )
    yield _classes(settings)


def _classes(settings: Settings) -> Finding:
    twice = twice_listed(settings)
    domain, first, second = twice[0] if twice else ("", "", "")
    return Finding(
        "domains.classes",
        "main.cf: each domain once",
        printable(f"{domain} is in {first} and {second}") if twice else "no domain is in two lists",
        "local or virtual, never both",
        WRONG if twice else RIGHT,
        f"Take it out of {first} or of {second}: its mail may go to either now." if twice else "",
    )
