"""Dovecot's part of a plan: the wizard's file in conf.d, imaps, and queued mail for Dovecot.

If the answers choose not to write the file, the plan shows the missing lines as a diff to copy. A
Dovecot that has all settings needs no file. A missing or masked Dovecot is never started.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

from wizard.answers.model import Answers, Caution, Problem, local_domains
from wizard.answers.sections.dovecot import Dovecot
from wizard.host.dovecot import OF_THIS_HOST
from wizard.host.facts import FileFacts, Host
from wizard.host.units import RUNNING_STATES
from wizard.paths import DOVECOT_CONF
from wizard.plan.actions import AskThenFlush, CheckDovecot, EnableUnit, TurnBeside
from wizard.plan.firewall import imaps_steps
from wizard.plan.model import FileChange, Step
from wizard.plan.part import Part, Request
from wizard.plan.planned_file import PlannedFile
from wizard.plan.scope import Scope
from wizard.postfix.dovecot import (
    AUTH,
    AUTH_LOGIN,
    COPIED,
    WRITTEN,
    conf_lines,
    mailbox,
    needed,
    parts_of_file,
    series,
    takes_any_domain,
    wanted,
    written_parts,
)
from wizard.postfix.dovecot_setup import set_up_advice
from wizard.postfix.lines import Lines
from wizard.postfix.proposal import Proposal
from wizard.text import printable, shortened

SECTION = "dovecot"
UNIT = "dovecot"
MAX_DOMAINS = 100
"""Local domains in auth_username_format, which is one line."""
_SHOWN = 5

_WHY = "What Dovecot must say so that Postfix reaches it, and nothing that it says already."


def plan(request: Request) -> Part:
    """Return what the section adds to a plan."""
    answers, host, scope = request.answers, request.host, request.scope
    conf = host.files[DOVECOT_CONF]
    proposal = _proposal(answers, host) if SECTION in scope else None
    writes = proposal is not None and answers.dovecot.conf == "write"
    file = (
        PlannedFile(conf, proposal)
        if proposal is not None and writes and conf.path not in request.protected
        else None
    )
    return Part(
        files=(file,) if file else (),
        to_copy=_to_copy(conf, proposal) if proposal is not None and not writes else (),
        after_firewall=tuple(_steps(file, answers, host, scope)),
        obstacles=tuple(_obstacles(answers, host, scope)),
        cautions=tuple(_cautions(answers, host)) if writes else (),
        warnings=tuple(_warnings(answers, host, scope)),
    )


def _is_requested(answers: Answers, scope: Scope) -> bool:
    """True if the section is named, or if all are planned and its answers are not the defaults."""
    if scope.named:
        return SECTION in scope
    return answers.dovecot != Dovecot()


def _proposal(answers: Answers, host: Host) -> Optional[Proposal]:
    """Return the next text of the wizard's file, None if Dovecot needs no such file."""
    dovecot, want = host.dovecot, wanted(answers)
    if not (dovecot.usable and dovecot.settings and series(dovecot.version)):
        return None
    live = host.files[DOVECOT_CONF].live
    parts = parts_of_file(dovecot.settings, dovecot.version, want, live or b"")
    if not parts and not written_parts(live or b""):
        return None
    by_run = answers.dovecot.conf == "write" or (live or b"").startswith(WRITTEN[0].encode())
    heading = WRITTEN if by_run else COPIED
    lines = Lines((), ()).insert(0, conf_lines(dovecot.version, want, parts, heading), _WHY)
    return Proposal(bytes(lines), lines.reasons())


def _to_copy(conf: FileFacts, proposal: Proposal) -> tuple[FileChange, ...]:
    """Return the missing lines as a file change to copy."""
    if proposal.text == conf.live:
        return ()
    return (FileChange(conf.path, conf.live, conf.live, proposal.text, proposal.reasons),)


def _steps(
    file: Optional[PlannedFile], answers: Answers, host: Host, scope: Scope
) -> Iterator[Step]:
    """Yield the steps: write the file, restart Dovecot, open imaps, flush the queue."""
    if not _is_requested(answers, scope):
        return
    dovecot, want = host.dovecot, wanted(answers)
    written = file is not None and file.pending
    if file is not None:
        yield from _file_steps(file, answers, host)
    ours = dovecot.usable and answers.dovecot.conf == "write"
    starts = ours and dovecot.unit.active not in RUNNING_STATES
    if ours:
        at_boot = dovecot.unit.enabled
        yield Step(
            "dovecot-enable",
            "Start Dovecot at boot",
            "Else nobody can log in after the next restart of the machine.",
            EnableUnit(UNIT, at_boot),
            (("systemctl", "enable", UNIT),),
            done=at_boot != "disabled",
        )
        verb = "restart" if dovecot.unit.active in RUNNING_STATES else "start"
        yield Step(
            "dovecot-service",
            f"{verb.capitalize()} Dovecot",
            "It opens its sockets as it starts; people's mail programs connect anew by themselves.",
            TurnBeside(verb, UNIT, dovecot.unit.active, tuple(filter(None, (want.lmtp, AUTH)))),
            (("systemctl", verb, UNIT),),
            done=not (written or starts),
        )
    if file is not None and host.unit.active in RUNNING_STATES:
        yield from _new_mechanisms(file, host)
    if answers.dovecot.imaps == "open":
        yield from imaps_steps(answers, host)
    there = dovecot.usable and (written or starts or dovecot.lmtp_socket)
    if there and want.lmtp and dovecot.reader:
        recipient = f"{dovecot.reader}@{answers.hostname.myhostname}"
        yield Step(
            "dovecot-flush",
            "Ask Dovecot for a recipient, then deliver what waits",
            "Without Dovecot's yes to a real recipient the queue is left alone: it might bounce.",
            AskThenFlush(want.lmtp, recipient),
            (("postqueue", "-f"),),
            done=not (written or starts or dovecot.waiting),
        )


def _file_steps(file: PlannedFile, answers: Answers, host: Host) -> Iterator[Step]:
    want, version = wanted(answers), host.dovecot.version
    yield Step(
        "dovecot-staged",
        "Let Dovecot read the new file",
        "Staged aside first: `doveconf` must understand it and have what was missing.",
        CheckDovecot(
            file.next,
            version,
            tuple(sorted(written_parts(file.proposal.text))),
            want.lmtp,
            want.mailbox,
            want.cert,
            want.key,
            want.domains,
            want.auth_login,
        ),
        (("doveconf", "-c", "STAGED", "-n"),),
        done=not file.pending,
    )
    yield file.write(
        f"Write {file.name}",
        "What the review showed, in a file of its own; nothing else of Dovecot's is touched.",
        "dovecot-conf",
    )


def _new_mechanisms(file: PlannedFile, host: Host) -> Iterator[Step]:
    """Yield the step by which Postfix offers other mechanisms: each smtpd(8) reads them once."""
    before, after = (written_parts(text or b"") for text in (file.live, file.proposal.text))
    if (AUTH_LOGIN in before) != (AUTH_LOGIN in after):
        yield Step(
            "dovecot-mechanisms",
            "Reload Postfix",
            "Its processes have read once which mechanisms Dovecot offers.",
            TurnBeside("reload", "postfix", host.unit.active),
            (("systemctl", "reload", "postfix"),),
        )


def _cautions(answers: Answers, host: Host) -> Iterator[Caution]:
    """Yield a caution if Dovecot would read mail from another place than today."""
    dovecot, want = host.dovecot, wanted(answers)
    today = mailbox(dovecot.settings, dovecot.version)
    if today and "mailbox" in needed(dovecot.settings, dovecot.version, want):
        yield Caution(
            "dovecot-mailbox",
            f"Dovecot keeps mail in {today} today, and would look in maildir:{want.mailbox} from "
            "then on: what people have in the former is seen no more. Move it first (doveadm(1), "
            "sync), or leave `conf` at leave and copy the other lines.",
            (today,),
        )


def _warnings(answers: Answers, host: Host, scope: Scope) -> Iterator[str]:
    """Warn if Dovecot cannot be used or cannot deliver, and the section is requested."""
    if not _is_requested(answers, scope):
        return
    dovecot = host.dovecot
    todays = dovecot.settings.get("auth_username_format", "")
    if answers.dovecot.names == "local" and takes_any_domain(todays):
        yield (
            f"dovecot: auth_username_format = {printable(todays)} takes any domain after a name today. From "
            f"then on only {shortened(local_domains(answers), _SHOWN)} is taken: who logs in with another "
            "one is refused"
        )
    if host.root != "/":
        return
    if not dovecot.usable:
        if not _needs_dovecot(answers, scope):
            yield _unusable(answers, is_installed=bool(dovecot.version))
    elif not dovecot.reader:
        yield (
            "this host has no user that Dovecot could be asked about (uid 1000 or above), so what "
            "waits is not delivered by this run"
        )
    elif answers.dovecot.conf != "write" and not dovecot.lmtp_socket and wanted(answers).lmtp:
        yield (
            f"Dovecot does not listen on {wanted(answers).lmtp}, so what waits is not delivered by "
            "this run"
        )


def _needs_dovecot(answers: Answers, scope: Scope) -> bool:
    """True if the run is for Dovecot: without it this run would do nothing of what was chosen."""
    return scope.named and SECTION in scope and answers.dovecot.conf == "write"


def _unusable(answers: Answers, *, is_installed: bool) -> str:
    why = (
        "Dovecot is masked, so it is not started"
        if is_installed
        else "Dovecot is missing: mail for people here waits in the queue, and nobody can log in"
    )
    advice = set_up_advice(answers, is_installed=is_installed, is_masked=is_installed)
    return f"{why}. {advice[:1].upper()}{advice[1:]}."


def _obstacles(answers: Answers, host: Host, scope: Scope) -> Iterator[Problem]:
    """Yield the problem that keeps the requested file from being written."""
    dovecot = host.dovecot
    if SECTION not in scope:
        return
    if not dovecot.usable:
        if _needs_dovecot(answers, scope):
            yield Problem(SECTION, "conf", _unusable(answers, is_installed=bool(dovecot.version)))
        return
    if answers.dovecot.names == "local" and dovecot.settings:
        yield from (Problem(SECTION, "names", why) for why in _no_names(answers, host))
    if answers.dovecot.conf != "write":
        return
    faults = (
        (
            not series(dovecot.version),
            f"this is Dovecot {dovecot.version}, and only the syntax of 2.3 and 2.4 is known",
        ),
        (
            not dovecot.settings,
            (
                f"Dovecot cannot read its own configuration ({dovecot.complaint}): set that right "
                "first; `doveconf -n` says when it can"
            ),
        ),
        (
            bool(dovecot.old_lines),
            (
                f"{'; '.join(dovecot.old_lines[:1])} is of Dovecot 2.3: {dovecot.version} takes the text of"
                " that file for a name and does not start. Take the < out first"
            ),
        ),
        (
            not dovecot.reads_conf_d,
            (
                "/etc/dovecot/dovecot.conf has no `!include conf.d/*.conf`, so a file there would not "
                "be read: add that line at its end, or leave conf at leave and copy the lines"
            ),
        ),
    )
    why = next((words for wrong, words in faults if wrong), "")
    if why:
        yield Problem(SECTION, "conf", why)


def _no_names(answers: Answers, host: Host) -> Iterator[str]:
    """Yield why a local domain cannot be removed from the names of users."""
    others = sorted({*host.dovecot.backends} - OF_THIS_HOST)
    if others:
        yield (
            f"Dovecot has users of its own ({', '.join(others)}), whose names may have a domain: without it "
            "they could not log in. Leave names at leave, and see auth_username_format in Dovecot's manual"
        )
    if len(local_domains(answers)) > MAX_DOMAINS:
        yield (
            f"this server has more than {MAX_DOMAINS} local domains, too many for auth_username_format: leave "
            "names at leave"
        )
