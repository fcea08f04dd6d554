"""Configurations by other hands, changed in one section: Postfix says that only this moved.

What a plan states is held against `postconf -n`, `-M` and `-P` before and after it: each parameter
that moved is stated, with the value that it has now, and each that is stated moved.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Optional

import pytest

from lab.host import Host
from tests.corpus import MOVES, NAMES, changed, files, host_of
from tests.lab.program import BootHost
from tests.sections import CASES
from tests.turns import share
from tests.unit.plan.live import planned
from tests.unit.plan.test_live_values import WRITTEN
from wizard.answers.model import POLICY
from wizard.certificates.model import Lineage, LineageFile
from wizard.door import Door, Running
from wizard.host import facts
from wizard.paths import MAIN_CF
from wizard.plan.actions import StagedCheck
from wizard.plan.model import Plan
from wizard.planning.build import build_plan
from wizard.planning.read_back import read_back
from wizard.postfix.complaints import complaints
from wizard.postfix.main_cf import MainCf

pytestmark = [pytest.mark.lab, pytest.mark.by_turns(1)]

STAGED = "/root/corpus"
READ = f"""
for directory in {STAGED}/*.*; do
    for option in n M P; do
        postconf -c $directory -$option >$directory/$option 2>$directory/$option.said
    done
done
"""
BEFORE = "today"
DAY = 24 * 3600
ZONE = "/var/named/example.zone"
ZONE_TEXT = b"""$TTL 3600
@ IN SOA ns.new.example. root.new.example. 2026010101 7200 900 1209600 3600
  IN NS ns
ns IN A 192.0.2.1
www IN A 192.0.2.2
"""
SECTIONS = (*CASES, POLICY)

NO_LIST = (
    "another-tools-header",
    "bare-minimum",
    "blocks-like-ours",
    "chain-files",
    "chroot",
    "commented-entry-live-options",
    "crlf-from-windows",
    "debian-layout",
    "duplicates",
    "el10-named-only",
    "el10-submissions",
    "el9-named-only",
    "error-transport",
    "ipv6",
    "japanese-comments",
    "latin-1-comments",
    "limits-everywhere",
    "master-with-comments",
    "milters",
    "no-blanks",
    "no-last-newline",
    "null-client",
    "old-parameter-names",
    "one-file-pair",
    "options-in-braces",
    "overlapping-networks",
    "owners-of-senders",
    "postscreen-dnsblog",
    "relayhost-with-passwords",
    "several-listeners",
    "style-subnet",
    "tables-for-lists",
    "tabs-and-columns",
    "unbracketed-relay",
    "virtual-by-sql",
    "virtual-domains",
    "virtual-hosting",
    "written-out",
)
"""Configurations without smtpd_recipient_restrictions, where a row of sender_access is not used."""

REFUSED = {
    **{("several-instances", one): "this Postfix has several instances" for one in SECTIONS},
    # local(8) does not start there, so a domain would become local that nobody delivers.
    ("latin-1-comments", "domains"): "it is smaller than a message",
    ("leftovers-of-postconf-e", "domains"): "it is smaller than a message",
    **{(one, "blocklists"): "have no list to stand in" for one in NO_LIST},
    **{
        (one, "backup"): "has no safe place" for one in (*NO_LIST, "names-in-every-list", "old-2-3")
    },
    **{(one, "dkim"): "in a chroot" for one in ("chroot", "debian-layout")},
    **{(one, "dkim"): "cannot read" for one in ("tables-everywhere", "tables-for-lists")},
    ("bare-minimum", "dkim"): "no domain of its own",
}
"""By configuration and section, words of the obstacle where a plan is refused."""

STAYS = frozenset(
    (name, "senders") for name in ("options-in-braces", "owners-of-senders", "virtual-by-sql")
)
"""Configurations with a table of their own, which the section leaves as it is."""

Said = dict[str, str]
"""What postconf prints: parameters by name, entries by `name/type`, options by `name/type/option`."""


class Asking(Door):
    """A copied /etc, of which a real host's postconf is asked."""

    def __init__(self, root: Path, host: Host, name: str) -> None:
        super().__init__(root)
        self._postconf = host.argv(["postconf", "-c", f"{STAGED}/{name}.{BEFORE}"])

    def start(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Optional[Running]:
        """Start postconf there; all else cannot be asked."""
        if argv[0] != "postconf":
            return None
        pipe = subprocess.PIPE
        process = subprocess.Popen([*self._postconf, *argv[1:]], stdout=pipe, stderr=pipe)
        return Running(tuple(argv), process, timeout, data)


def stage(host: Host, name: str, main: bytes, master: bytes) -> None:
    """Put two files where postconf is to read them, old enough that it does not wait."""
    place = host.root / STAGED.lstrip("/") / name
    place.mkdir(parents=True)
    for file, text in (("main.cf", main), ("master.cf", master)):
        (place / file).write_bytes(text)
        os.utime(place / file, times=(time.time() - 3600,) * 2)


def read(host: Host, name: str) -> tuple[Said, set[str]]:
    """Return what postconf read, and what it complained of."""
    place = host.root / STAGED.lstrip("/") / name
    found, said = {}, ""
    for option in "nMP":
        said += (place / f"{option}.said").read_text(errors="surrogateescape")
        for line in (place / option).read_text(errors="surrogateescape").splitlines():
            key, _, value = line.partition(" =")
            if option == "M":
                key, value = "/".join(line.split()[:2]), " ".join(line.split())
            found[key] = value.strip()
    del found["config_directory"]
    return found, set(said.replace(f"{STAGED}/{name}/", "/etc/postfix/").splitlines())


def facts_of(host: Host, name: str, root: Path, release: str) -> facts.Host:
    """Return the facts of a configuration on a host that has this Postfix, and what the changes need."""
    found = host_of(name, root, release, lambda at: Asking(at, host, name))
    kinds = ("cert", "chain", "fullchain", "privkey")
    parts = tuple(LineageFile(f"{kind}.pem", "file", 1, f"file:{kind}") for kind in kinds)
    names = ("new.example", found.parameters["myhostname"])
    lineage = Lineage(names[0], parts, 1, names, found.read_at, found.read_at + DAY, "0A")
    return replace(
        found,
        postfix=replace(found.postfix, package=facts.Package("", candidate=False)),
        lineages=(lineage,),
        zones=(facts.NamedZone("new.example", ZONE, facts.FileFacts(ZONE, ZONE_TEXT, None)),),
    )


def action(plan: Plan) -> StagedCheck:
    """Return what the plan says that Postfix will read."""
    (found,) = [one.action for one in plan.steps if isinstance(one.action, StagedCheck)]
    return found


def taken_out(plan: Plan) -> set[str]:
    """Return the parameters that a plan takes out of main.cf, by the diff that it shows."""
    (main,) = [one for one in plan.files if one.path == MAIN_CF]
    was, is_now = (
        {one.name for one in MainCf.parse(text).entries}
        for text in (main.live or b"", main.proposed)
    )
    return was - is_now


def moved(before: Said, after: Said, said: set[str]) -> set[str]:
    """Return what Postfix reads otherwise.

    A name of the operator's own that nothing uses any more is not printed, and stays in the file.
    """
    found = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    return {key for key in found if not any(f" unused parameter: {key}=" in one for one in said)}


REPAIRED = frozenset({"default_database_type", "alias_maps", "alias_database"})


def of_entry(key: str) -> str:
    """Return the entry of master.cf that an option belongs to; a parameter of main.cf as it is."""
    return "/".join(key.split("/")[:2])


def judge(
    case: tuple[str, str], plan: Plan, before: Said, after: Said, said: set[str]
) -> list[str]:
    """Return what is wrong with a plan, by what Postfix read before and after it."""
    section, wrong = case[1], []
    has_moved, expected = moved(before, after, said), dict(action(plan).expected)
    otherwise = [one for one in expected if after.get(one) != expected[one]]
    wrong += [f"{one} reads as {after.get(one)}, not as {expected[one]}" for one in otherwise]
    says = {key for key in expected if key in has_moved} | taken_out(plan)
    # A plan states an entry of master.cf whole, or its options.
    entries = {of_entry(key) for key in says if "/" in key}
    unsaid = has_moved - says - entries - {one for one in has_moved if of_entry(one) in says}
    if unsaid or not says <= has_moved:
        wrong.append(f"moved and not stated: {unsaid}; stated and not moved: {says - has_moved}")
    # Tables of a type that this Postfix has not get another one, whatever section is planned.
    chosen = has_moved - REPAIRED
    if section not in (*MOVES, POLICY) and chosen:
        wrong.append(f"moved: {chosen}")
    others = {one for one in chosen if "/" not in one} - MOVES.get(section, chosen)
    if others:
        wrong.append(f"moved, and another section's: {others}")
    refused = " ".join(one.message for one in plan.obstacles)
    if REFUSED.get(case, "") not in refused or bool(refused) != (case in REFUSED):
        wrong.append(f"refused: {refused}")
    if case in STAYS and has_moved:
        wrong.append(f"moved in spite of another table: {has_moved}")
    if not refused and not has_moved and section in (*MOVES, POLICY) and case not in STAYS:
        wrong.append(f"nothing moves: {plan.warnings}")
    return [f"{case}: {one}" for one in wrong]


@pytest.mark.promise(17, 40, 41)
@pytest.mark.parametrize(("suite", "release"), [("el9", "9.4"), ("el10", "10.0")])
def test_a_change_of_one_section_moves_what_it_says_and_nothing_else(
    suite: str, release: str, boot_host: BootHost, tmp_path: Path
) -> None:
    """Every configuration, every section, as postconf reads it; and no new complaint.

    So are the answers over live values that no answer can express.
    """
    host = boot_host(suite=suite)
    host.run(["dnf", "-y", "install", "postfix"], check=True)
    names = share("configurations of tests/lab/test_corpus.py", NAMES, 5)
    plans = {}
    for name in names:
        stage(host, f"{name}.{BEFORE}", *files(name))
        known = facts_of(host, name, tmp_path / "root", release)
        today = read_back(known)
        assert today is not None, name
        for section in SECTIONS:
            wanted = changed(section, today) if section in CASES else today
            plan = plans[name, section] = build_plan(wanted, known, (section,))
            main, master = plan.files[:2]
            if (main.proposed, master.proposed) != (main.live, master.live):
                stage(host, f"{name}.{section}", main.proposed, master.proposed)
    rows = dict(enumerate(WRITTEN.values()))
    for number, row in rows.items():
        plan, _ = planned(row.lines, row.section, row.values, in_force=row.in_force)
        stage(host, f"live.{number}", plan.files[0].proposed, files(NAMES[0])[1])
    host.run(["sh", "-c", READ], check=True, timeout=600)
    for number, row in rows.items():
        after, _ = read(host, f"live.{number}")
        assert {one: after.get(one) for one in row.after} == row.after
    wrong = []
    for (name, section), plan in plans.items():
        before, old = read(host, f"{name}.{BEFORE}")
        was_staged = (host.root / STAGED.lstrip("/") / f"{name}.{section}").exists()
        after, said = read(host, f"{name}.{section}") if was_staged else (before, old)
        wrong += judge((name, section), plan, before, after, said)
        tolerated = (*action(plan).tolerated, *old)
        wrong += [f"{(name, section)}: {line}" for line in complaints(sorted(said), tolerated)]
    assert not wrong, "\n".join(wrong)
