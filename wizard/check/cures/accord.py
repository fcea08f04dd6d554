"""Let the advice of a finding name what its cure does: the same values, and no other way out."""

from __future__ import annotations

import re
from dataclasses import replace

from wizard.check.cures.known import Known
from wizard.finding import Finding
from wizard.text import escaped

_SETTING = re.compile(r"`(\w+) = ([^`]*)`")
_OUT = re.compile(r"\b([Tt])ake `?(\w+)`? out(?: of main\.cf)?(?=[,;:. ])")


def settings_of(finding: Finding) -> dict[str, str]:
    """Return the parameters of main.cf that the cure of a finding sets."""
    pairs = (argv[2].partition("=") for argv in finding.cure.commands if argv[:2] == _SETS)
    return {name: value for name, _, value in pairs}


_SETS = ("postconf", "-e")


def in_accord(finding: Finding, known: Known) -> Finding:
    """Return the finding with the values of its cure in its advice.

    A check writes the advice without the plan: "take it out", or the usual value. The cure sets what is
    planned. A run of the wizard does so too.
    """
    runs = any(argv[0] == "postfix-wizard" for argv in finding.cure.commands)
    values = {**(known.planned if runs else {}), **settings_of(finding)}
    advice = _SETTING.sub(lambda found: _set(found[1], values, found[0]), finding.advice)
    advice = _OUT.sub(lambda found: _in_place(found, values), advice)
    return finding if advice == finding.advice else replace(finding, advice=advice)


def _set(name: str, values: dict[str, str], else_: str) -> str:
    return f"`{name} = {escaped(values[name])}`" if name in values else else_


def _in_place(found: re.Match[str], values: dict[str, str]) -> str:
    if found[2] not in values:
        return found[0]
    verb = "set" if found[1] == "t" else "Set"
    return f"{verb} {_set(found[2], values, '')}"
