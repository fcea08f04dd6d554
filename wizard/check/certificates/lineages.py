"""Check certbot's layout: live/NAME has links to the newest files in archive/NAME (certbot's manual).

certbot renews only what it finds so. A file in place of a link, or a link to older files, goes on
being served after a renewal, or keeps certbot from renewing at all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Optional

from wizard.door import Door
from wizard.finding import NO_CURE, Check, Cure, Finding
from wizard.paths import LETSENCRYPT, LINEAGES
from wizard.text import printable

KINDS = ("cert", "chain", "fullchain", "privkey")
_ARCHIVE = f"{LETSENCRYPT}/archive"
_NUMBERED = re.compile(rf"({'|'.join(KINDS)})(\d+)\.pem")


@dataclass(frozen=True)
class Lineage:
    """A lineage as it is on disk: the target of each kind's link, None for a file, "" for nothing.

    `archive` is its directory of archive/, as its renewal file has it. `newest` is the highest
    number of each kind there. `elsewhere` has the kinds whose links lead out of it.
    """

    name: str
    archive: str
    targets: dict[str, Optional[str]] = field(default_factory=dict)
    newest: dict[str, int] = field(default_factory=dict)
    elsewhere: frozenset[str] = frozenset()


def read_lineage(door: Door, name: str, archive: str = "") -> Lineage:
    """Read a lineage; `archive` is archive_dir of its renewal file. Raises Trouble."""
    archive = archive or f"{_ARCHIVE}/{name}"
    targets: dict[str, Optional[str]] = {}
    for kind in KINDS:
        path = f"{LINEAGES}/{name}/{kind}.pem"
        if door.lstat(path) is None:
            targets[kind] = ""
            continue
        link = door.read_link(path)
        targets[kind] = link and os.path.normpath(os.path.join(os.path.dirname(path), link))  # noqa: PTH118, PTH120
    newest: dict[str, int] = {}
    for one in door.list_dir(archive) or ():
        found = _NUMBERED.fullmatch(one)
        if found:
            newest[found[1]] = max(newest.get(found[1], 0), int(found[2]))
    real = os.path.realpath(door.locate(archive))
    elsewhere = frozenset(
        kind
        for kind, target in targets.items()
        if target and os.path.realpath(door.locate(os.path.dirname(target))) != real  # noqa: PTH120
    )
    return Lineage(name, archive, targets, newest, elsewhere)


def judge_lineage(lineage: Lineage) -> Iterator[Finding]:
    """`certificate.links`: each file in live/ is a link to the newest one in archive/."""
    check = Check(
        "certificate.links",
        f"certificate: {LINEAGES}/{lineage.name}",
        f"links to the newest files in {lineage.archive}",
        fatal=False,
    )
    fault, advice = _fault(lineage)
    if fault:
        yield check.warning(printable(fault), advice, _cure(lineage))
    else:
        yield check.right("so they are")


def _cure(lineage: Lineage) -> Cure:
    """Return the links to the newest number that all kinds have; none in the place of a file."""
    numbers = {lineage.newest.get(kind, 0) for kind in KINDS}
    if None in lineage.targets.values() or len(numbers) != 1 or 0 in numbers:
        return NO_CURE
    number = numbers.pop()
    live = f"{LINEAGES}/{lineage.name}"
    links = (
        ("ln", "-sfn", "--", f"{lineage.archive}/{kind}{number}.pem", f"{live}/{kind}.pem")
        for kind in KINDS
    )
    return Cure((*links, ("systemctl", "reload-or-restart", "postfix")))


def _fault(lineage: Lineage) -> tuple[str, str]:
    """Return what is not as certbot leaves it, and what to do; two empty texts if all is."""
    return _no_links(lineage) or _other_links(lineage) or ("", "")


def _no_links(lineage: Lineage) -> Optional[tuple[str, str]]:
    live, archive = f"{LINEAGES}/{lineage.name}", lineage.archive
    files = [kind for kind, target in lineage.targets.items() if target is None]
    if files:
        pem = f"{archive}/{files[0]}{max(lineage.newest.values(), default=1)}.pem"
        return (
            f"{_listed(files)} of {live}: a file and not a link, so that certbot does not renew it",
            (
                f"If it is the same as {pem}: `ln -sf {pem} {live}/{files[0]}.pem`, and so for each; "
                "else issue it anew with `certbot certonly`."
            ),
        )
    absent = [kind for kind, target in lineage.targets.items() if target == ""]
    if absent:
        return (
            f"{_listed(absent)} of {live}: missing, so that certbot does not renew it",
            f"Link it to the newest one in {archive}.",
        )
    return None


def _other_links(lineage: Lineage) -> Optional[tuple[str, str]]:
    live, archive = f"{LINEAGES}/{lineage.name}", lineage.archive
    numbers = {}
    for kind, target in lineage.targets.items():
        found = _NUMBERED.fullmatch(os.path.basename(target or ""))  # noqa: PTH119
        if found is None or kind in lineage.elsewhere or found[1] != kind:
            return (
                f"{live}/{kind}.pem leads to {target}, and not to a {kind} in {archive}",
                f"Link it to the newest {kind}N.pem in {archive}, so that certbot renews it.",
            )
        numbers[kind] = int(found[2])
    old = [kind for kind, number in numbers.items() if number < lineage.newest.get(kind, number)]
    if old:
        newer = f"{archive}/{old[0]}{lineage.newest[old[0]]}.pem"
        return (
            f"{_listed(old)} of {live} leads to number {numbers[old[0]]}, and there is {newer}",
            (
                f"If that is the newer one: `ln -sf {newer} {live}/{old[0]}.pem`, and so for each kind, "
                "then `systemctl reload postfix`."
            ),
        )
    beyond = [kind for kind, number in numbers.items() if number > lineage.newest.get(kind, 0)]
    if beyond:
        return (
            f"{live}/{beyond[0]}.pem leads to number {numbers[beyond[0]]}, which is not in {archive}",
            f"Link it to the newest {beyond[0]}N.pem in {archive}.",
        )
    if len({*numbers.values()}) > 1:
        return (
            f"the links of {live} have different numbers: {_numbered(numbers)}",
            "Link all four to the same number, or certbot does not renew it.",
        )
    return None


def _listed(kinds: list[str]) -> str:
    return ", ".join(f"{kind}.pem" for kind in kinds)


def _numbered(numbers: dict[str, int]) -> str:
    return ", ".join(f"{kind}{number}.pem" for kind, number in numbers.items())
