"""Why mail cannot be signed on this host, or not yet."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from itertools import chain

from wizard.answers.model import Problem
from wizard.dns.key_record import MISSING, WRONG
from wizard.host import epel
from wizard.host.signing_facts import SigningKey
from wizard.paths import MAIN_CF, MASTER_CF
from wizard.plan.part import Request
from wizard.postfix.master_cf import MasterCf
from wizard.sections.dkim.setup import SECTION, SIGNER, domains_of, in_state, wanted_keys
from wizard.sections.dkim.trusted import trusted
from wizard.text import printable, shortened

_SHOWN = 3
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def obstacles(request: Request) -> Iterator[Problem]:
    """Yield all of them; answers of the section that are off have none."""
    return chain(
        _package(request), _files(request), _keys(request), _records(request), _postfix(request)
    )


def _use(message: str) -> Problem:
    return Problem(SECTION, "use", message)


def _package(request: Request) -> Iterator[Problem]:
    host, facts = request.host, request.host.signing
    installed = SIGNER.program in host.programs
    if not installed and facts.repositories == ():
        yield _use(
            f"{SIGNER.package} is not installed, and EPEL, which has it, is not enabled: "
            f"{epel.commands(host.distribution)}. A host "
            f"without EPEL can have the package {SIGNER.package} from elsewhere: install it first"
        )
    elif not installed and facts.why_no_package:
        yield _use(facts.why_no_package)
    if host.unit_of(f"{SIGNER.unit}.service").enabled.startswith("masked"):
        yield _use(f"{SIGNER.unit}.service is masked: `systemctl unmask {SIGNER.unit}`")


def _files(request: Request) -> Iterator[Problem]:
    for path in SIGNER.files:
        file = request.host.files[path]
        if file.is_link or file.links > 1:
            yield _use(f"{path} is a link, which replacing would cut; put a plain file there first")


def _keys(request: Request) -> Iterator[Problem]:
    if not domains_of(request.answers):
        yield Problem(SECTION, "domains", "this server has no domain of its own: name one")
    for key in wanted_keys(request.answers, request.host):
        found = request.host.signing.keys.get(SIGNER.key_path(key))
        if found is not None and found.why:
            yield Problem(SECTION, "selector", f"{found.path} cannot be used: {found.why}")
        elif found is not None:
            yield from _rights(found, is_here=request.host.root == "/")


def _rights(key: SigningKey, *, is_here: bool) -> Iterator[Problem]:
    """Yield why the signer refuses a key: others read it, or it does not itself."""
    if key.mode & _OTHERS:
        yield Problem(
            SECTION,
            "selector",
            f"{key.path} has mode {key.mode:04o}, and the signer refuses a key that others may read: `chmod 600 "
            f"{key.path}` if only you had it until now, else choose a new selector",
        )
    elif is_here and key.owner != SIGNER.user:
        yield Problem(
            SECTION,
            "selector",
            f"{key.path} belongs to {key.owner}, and {SIGNER.unit} reads it as {SIGNER.user}: `chown "
            f"{SIGNER.user}: {key.path}`",
        )


def _records(request: Request) -> Iterator[Problem]:
    """Yield each record that is wrong or missing. A plan of all sections only warns of it."""
    facts = request.host.signing
    keys = in_state(request, WRONG, MISSING) if request.scope.named else ()
    if not keys:
        return
    from wizard.dns.key_records import zone_line  # noqa: PLC0415 - queries take time to import

    for key in keys:
        public = facts.keys[SIGNER.key_path(key)].public
        yield _use(
            f"{key.name}: {printable(facts.records[key.name].why)}. Mail of {key.domain} is not signed before each "
            f"server of the zone has it. Publish: {zone_line(key.name, public)}"
        )


def _postfix(request: Request) -> Iterator[Problem]:
    foreign = trusted(request)[1]
    if foreign:
        yield _use(
            f"mynetworks in {MAIN_CF} has {shortened(foreign, _SHOWN)}, which {SIGNER.unit} cannot read: mail "
            "from there would leave without a signature. Write networks in its place"
        )
    cf = MasterCf.parse(request.host.text(MASTER_CF))
    jailed = [one.key for one in cf.services if one.command == "smtpd" and one.words[4].text == "y"]
    if jailed:
        yield _use(
            f"{MASTER_CF} runs {', '.join(jailed)} in a chroot, from where {SIGNER.socket} cannot be reached: "
            "write n in its fifth column"
        )
