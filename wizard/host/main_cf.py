"""What main.cf alone tells, where no Postfix can be asked: a copied /etc, a package's own file.

For reading only, and only of files that Postfix itself accepts; editing is
`wizard.postfix`'s. The rules are postconf(5)'s: a line that begins with a blank continues the
one before, comments and empty lines may stand between.
"""

from __future__ import annotations

import re

from wizard.host.distribution import major
from wizard.host.facts import Distribution

VERSION_OF_RELEASE = {"9": "3.5", "10": "3.8"}
"""Postfix's version by Enterprise Linux's major release."""

NO_BERKELEY_DB = (3, 8)
"""EL10's Postfix, built without Berkeley DB, is 3.8; EL9's, built with it, 3.5."""


def own_parameters(text: bytes) -> dict[str, str]:
    """Return main.cf's parameters as `postconf -n` prints them: unfolded, the last one counts."""
    lines: list[str] = []
    for line in text.decode("utf-8", "surrogateescape").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0] in " \t" and lines:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line.strip())
    rows = (line.partition("=") for line in lines)
    return {name.strip(): value.strip() for name, equals, value in rows if equals}


def likely_version(parameters: dict[str, str], distribution: Distribution) -> str:
    """Return the version that the file or the release points to, "" when neither does."""
    level = parameters.get("compatibility_level", "")
    # Before Postfix 3.6 the level was a count (0, 1, 2) and says nothing of the version.
    if re.fullmatch(r"\d+\.\d+(\.\d+)?", level):
        return level
    return VERSION_OF_RELEASE.get(major(distribution.version), "") if distribution.is_el else ""


def likely_database_type(parameters: dict[str, str], version: str) -> str:
    """Return main.cf's default_database_type, else the one that this version is built with."""
    stated = parameters.get("default_database_type", "")
    if stated:
        return stated
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    return "lmdb" if numbers >= NO_BERKELEY_DB else "hash"
