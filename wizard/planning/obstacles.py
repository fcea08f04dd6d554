"""The obstacles of a plan, which must be repaired first, and cautions to accept by name."""

from __future__ import annotations

import codecs
from typing import Iterator, Sequence

from wizard.answers import cross_field
from wizard.answers.model import Caution, Problem, host_problem
from wizard.answers.saved import with_saved
from wizard.host.facts import FileFacts, Host
from wizard.paths import MAIN_CF, MASTER_CF, PARTED, SENDER_ACCESS
from wizard.plan.part import Request
from wizard.planning import other_mta
from wizard.planning.files import Proposed
from wizard.planning.read_back import why_none
from wizard.postfix.main_cf import MainCf
from wizard.postfix.master_cf import MasterCf
from wizard.sections.reading import is_set_up
from wizard.sections.registry import OWNERS
from wizard.text import shortened

_HOSTNAME = "hostname"
_SHOWN = 5
_WITHOUT_MARK = "the file begins with an invisible byte order mark, which `sed -i '1s/^\\xEF\\xBB\\xBF//' {}` removes"


def obstacles(request: Request) -> tuple[Problem, ...]:
    """Return what must be repaired on the host itself before this plan can run."""
    host = request.host
    return (
        *_host(host),
        *_nameless(request),
        *_files(host),
        *other_mta.obstacles(host, request.scope),
    )


def unread(proposed: Proposed) -> Iterator[Problem]:
    """Yield a problem of the section whose file is to change and cannot be read."""
    for file in proposed.files:
        if file.facts.why and file.pending:
            path = file.facts.path
            yield Problem(OWNERS[path].name, "", f"{path} cannot be read: {file.facts.why}")


def between_fields(request: Request) -> tuple[Problem, ...]:
    """Return the rules between fields that the answers break and the host does not.

    Values that were read back from the host are never refused. A section that is not planned also
    has the values that only the saved answers have.
    """
    found = cross_field.problems(request.answers)
    if not found or request.current is None:
        return found
    here = frozenset(cross_field.problems(request.current))
    elsewhere = frozenset(cross_field.problems(with_saved(request.current, request.answers)))
    return tuple(
        one for one in found if one not in (here if one.section in request.scope else elsewhere)
    )


def loopback_caution(entries: Sequence[str]) -> Iterator[Caution]:
    """Yield a caution with the service entries (`name/type`) that only this host can reach."""
    if entries:
        yield Caution(
            "submission-loopback",
            f"In master.cf {', '.join(entries)} listens on this host's loopback only. It is left "
            "as it is, so people elsewhere cannot send through it; remove the address from the "
            "entry where that is not what you want.",
            tuple(entries),
        )


def masked(unit: str) -> Problem:
    """Return the problem that systemd refuses to start, reload and enable a unit."""
    return host_problem(
        f"{unit}.service is masked, so systemd neither starts nor reloads it; run "
        f"`systemctl unmask {unit}` first",
    )


def reload_caution(host: Host) -> Iterator[Caution]:
    """Yield a caution with the run-time rules that a firewall reload drops."""
    lost = host.firewall.until_reload
    if lost:
        yield Caution(
            "firewall-reload",
            f"Reloading firewalld drops what is there only until then: {', '.join(lost)}. "
            "If your SSH connection rests on one of these, you would be locked out; "
            "`firewall-cmd --runtime-to-permanent` keeps them.",
            tuple(lost),
        )


def _host(host: Host) -> Iterator[Problem]:
    distribution = host.distribution
    if host.root == "/" and not distribution.is_el:
        yield host_problem(
            f"this is {distribution.name or 'an unknown system'}, not a RHEL 9 or 10 or one of "
            "its family; the steps are made for those only",
        )
    yield from refused(host)
    yield from _malformed(host)
    if host.postfix.instances:
        yield host_problem(
            "this Postfix has several instances (multi_instance_directories = "
            f"{' '.join(host.postfix.instances)}), which another tool manages; this wizard "
            "sets up single ones only and leaves it alone",
        )


def refused(host: Host) -> Iterator[Problem]:
    """Yield the problem that Postfix refuses the live main.cf."""
    if host.postfix.refusal:
        yield host_problem(
            f"Postfix itself refuses main.cf as it is ({host.postfix.refusal}); set that right first, "
            "until `postconf -n` prints the parameters",
        )


def _nameless(request: Request) -> Iterator[Problem]:
    """Yield the problem that a server was set up, and has a name with which nothing is read back.

    A run of single sections compares with today's answers. Without them it would change too much or
    too little.
    """
    host, scope = request.host, request.scope
    if (
        request.current is None
        and scope.named
        and scope.sections != {_HOSTNAME}
        and is_set_up(host)
    ):
        yield Problem(_HOSTNAME, "myhostname", why_none(host, ""))


def _malformed(host: Host) -> Iterator[Problem]:
    """Yield a problem for lines that Postfix cannot read. Of a live main.cf Postfix itself tells."""
    main = () if host.postfix.refusal else MainCf.parse(host.text(MAIN_CF)).malformed
    for path, lines, what in (
        (MAIN_CF, main, "a parameter (NAME = VALUE)"),
        (MASTER_CF, MasterCf.parse(host.text(MASTER_CF)).malformed, "an entry with eight columns"),
    ):
        if lines:
            numbers = shortened(tuple(map(str, lines)), _SHOWN)
            mark = host.text(path).startswith(codecs.BOM_UTF8)
            yield host_problem(
                f"{path}, line {numbers}: this is not {what}, so Postfix does not start; "
                + (_WITHOUT_MARK.format(path) if mark else "correct it, or write # before it")
            )


def _files(host: Host) -> Iterator[Problem]:
    for file in (host.files[path] for path in (*PARTED, SENDER_ACCESS)):
        what = _unusual(file)
        if what:
            yield host_problem(f"{file.path} is {what}; put a plain file there first")


def _unusual(file: FileFacts) -> str:
    if file.is_link:
        return "a symbolic link, which replacing would cut"
    if file.links > 1:
        return "a hard link to another file, which replacing would part"
    return ""
