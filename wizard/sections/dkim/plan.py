"""The part of a plan that signs mail: the package, keys, the signer's files, its unit.

Postfix is not changed here. See ARCHITECTURE.md, "A signer next to Postfix".
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from wizard.answers.model import Answers, Problem
from wizard.answers.unsaid import is_unsaid
from wizard.host.facts import Host
from wizard.host.units import RUNNING_STATES
from wizard.paths import MAIN_CF
from wizard.plan.actions import EnableUnit, Install, MakeKey, TurnSigner
from wizard.plan.files import sha256
from wizard.plan.model import Step
from wizard.plan.part import Part, Request
from wizard.plan.planned_file import PlannedFile
from wizard.sections.dkim import epel
from wizard.sections.dkim.opendkim import OPENDKIM
from wizard.sections.dkim.others import other_signer
from wizard.sections.dkim.signer import Key, Setup, Texts, distinct
from wizard.sections.dkim.trusted import trusted
from wizard.text import shortened

SECTION = "dkim"
ON, OFF = "on", "off"
SIGNER = OPENDKIM
BITS = 2048
"""RFC 8301, 3.2 asks for at least this. A longer key does not fit into records everywhere."""
_SHOWN = 3


def plan(request: Request) -> Part:
    """Return what the section adds to a plan."""
    answers, host = request.answers, request.host
    if SECTION not in request.scope:
        return Part()
    if answers.dkim.use != ON:
        return _switched_off(request)
    other = other_signer(host, SIGNER)
    if other:
        return Part(warnings=(f"dkim: {other}",))
    problems = tuple(_obstacles(request))
    if problems:
        return Part(obstacles=problems)
    setup = wanted_setup(request)
    try:
        proposals = SIGNER.propose(texts_of(host), setup, request.protected)
    except ValueError as fault:
        return Part(obstacles=(Problem(SECTION, "domains", f"{fault}"),))
    files = tuple(PlannedFile(host.files[path], proposals[path]) for path in SIGNER.files)
    return Part(
        files=files,
        packages=tuple(_install(host)),
        tables=tuple(_steps(request, files)),
        warnings=(*SIGNER.warnings(proposals), *_waits(request)),
    )


def texts_of(host: Host) -> Texts:
    """Return the function that gives the signer's live files."""
    return host.text


def domains_of(answers: Answers) -> tuple[str, ...]:
    """Return the domains that sign, in lower case: those of the answers, else all local ones."""
    own = answers.dkim.domains or (answers.hostname.mydomain, *answers.domains.local)
    return tuple(dict.fromkeys(one.lower() for one in own if not is_unsaid(one)))


def selector_of(answers: Answers, host: Host) -> str:
    """Return the selector of the answers, else that of the present keys, else one of this month."""
    if answers.dkim.selector:
        return answers.dkim.selector
    today = SIGNER.set_up(texts_of(host))
    if today is not None and today.keys:
        return (today.signing or today.keys)[0].selector
    return time.strftime("s%Y%m", time.gmtime(host.read_at))


def wanted_keys(answers: Answers, host: Host) -> tuple[Key, ...]:
    """Return the keys that the answers want."""
    selector = selector_of(answers, host)
    return distinct([Key(one, selector) for one in domains_of(answers)])


def wanted_setup(request: Request) -> Setup:
    """Return what the signer is to do: a domain goes on with its present key.

    A key that signs must be in KeyTable, so the present ones stay there.
    """
    keys = wanted_keys(request.answers, request.host)
    today = SIGNER.set_up(texts_of(request.host)) or Setup()
    signing = [one for one in today.signing if one.domain in {key.domain for key in keys}]
    return Setup(distinct([*keys, *signing]), distinct(signing), trusted(request)[0])


def _switched_off(request: Request) -> Part:
    """Return the part that says what stays."""
    if not request.scope.named or SIGNER.set_up(texts_of(request.host)) is None:
        return Part()
    return Part(
        warnings=(
            (
                f"dkim: {SIGNER.unit}, its files and its keys stay. Without records in DNS they do no harm: "
                f"`systemctl disable --now {SIGNER.unit}`"
            ),
        )
    )


def _obstacles(request: Request) -> Iterator[Problem]:
    """Yield why mail cannot be signed here."""
    answers, host = request.answers, request.host
    facts, installed = host.signing, SIGNER.program in host.programs
    if not domains_of(answers):
        yield Problem(SECTION, "domains", "this server has no domain of its own: name one")
    if not installed and facts.repositories == ():
        how = "` and `".join(epel.commands(host.distribution))
        yield Problem(
            SECTION,
            "use",
            f"{SIGNER.package} is not installed, and EPEL, which has it, is not enabled: `{how}`. A host "
            f"without EPEL can have the package {SIGNER.package} from elsewhere: install it first",
        )
    elif not installed and facts.why_no_package:
        yield Problem(SECTION, "use", facts.why_no_package)
    if host.unit_of(f"{SIGNER.unit}.service").enabled.startswith("masked"):
        yield Problem(
            SECTION, "use", f"{SIGNER.unit}.service is masked: `systemctl unmask {SIGNER.unit}`"
        )
    for path in SIGNER.files:
        file = host.files[path]
        if file.is_link or file.links > 1:
            yield Problem(SECTION, "use", f"{path} is a link, which replacing would cut")
    for key in wanted_keys(answers, host):
        found = facts.keys.get(SIGNER.key_path(key))
        if found is not None and found.why:
            yield Problem(SECTION, "selector", f"{found.path} cannot be used: {found.why}")
    foreign = trusted(request)[1]
    if foreign:
        yield Problem(
            SECTION,
            "use",
            f"mynetworks in {MAIN_CF} has {shortened(foreign, _SHOWN)}, which opendkim cannot read: mail from "
            "there would leave without a signature. Write networks in its place",
        )


def _install(host: Host) -> Iterator[Step]:
    argv = ("dnf", "install", SIGNER.package)
    lays = tuple(
        (path, sha256(file.live))
        for path, file in ((path, host.files[path]) for path in SIGNER.files)
        if file.from_package and file.live is not None
    )
    yield Step(
        f"install-{SIGNER.package}",
        f"Install {SIGNER.package}",
        f"It signs mail; EPEL has it{f' ({host.signing.package})' if host.signing.package else ''}.",
        Install(SIGNER.package, argv, lays),
        (argv,),
        done=SIGNER.program in host.programs,
    )


def _steps(request: Request, files: tuple[PlannedFile, ...]) -> Iterator[Step]:
    """Yield the steps that make keys, write the files, and start the signer."""
    host, unit = request.host, request.host.unit_of(f"{SIGNER.unit}.service")
    keys = wanted_keys(request.answers, host)
    for key in keys:
        path = SIGNER.key_path(key)
        yield Step(
            f"dkim-key-{key.domain}",
            f"Make the key of {key.domain}",
            f"RSA with {BITS} bits, readable by {SIGNER.user} alone. The review and the journal never have it.",
            MakeKey(path, BITS, SIGNER.user),
            (("openssl", "genrsa", "-out", path, str(BITS)),),
            done=path in host.signing.keys,
        )
    for file in files:
        yield file.write(f"Write {file.name}", "What the review showed; your own lines stay.")
    yield Step(
        "dkim-enable",
        f"Start {SIGNER.unit} at boot",
        "Without it signed mail would wait after the next restart of the machine.",
        EnableUnit(SIGNER.unit, unit.enabled),
        (("systemctl", "enable", SIGNER.unit),),
        done=unit.enabled == "enabled",
    )
    runs = unit.active in RUNNING_STATES
    verb = "restart" if runs else "start"
    yield Step(
        "dkim-service",
        f"{verb.capitalize()} {SIGNER.unit}",
        "It must answer on its socket. If it does not, the run puts everything back.",
        TurnSigner(verb, SIGNER.unit, unit.active, (SIGNER.socket,)),
        (("systemctl", verb, SIGNER.unit),),
        done=runs and not any(file.pending for file in files),
    )


def _waits(request: Request) -> Iterator[str]:
    """Yield what the operator does next."""
    setup = wanted_setup(request)
    signing = {one.domain for one in setup.signing}
    waiting = [
        one for one in wanted_keys(request.answers, request.host) if one.domain not in signing
    ]
    if waiting:
        yield (
            f"dkim: mail of {shortened([one.domain for one in waiting], _SHOWN)} is not signed yet. Publish the "
            "records that `postfix-wizard check` prints; then `postfix-wizard apply --section dkim`"
        )
