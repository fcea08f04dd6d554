"""The files of a plan: what stands there, what is proposed, and what of it was done by hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Optional

from wizard.answers.model import POLICY, Answers
from wizard.host.facts import Host
from wizard.paths import ALIASES
from wizard.plan import aliases, dovecot, keys, relay
from wizard.plan import hook as renewal_hook
from wizard.plan.by_hand import Bases, hand_edits, marked
from wizard.plan.choices import Choices
from wizard.plan.hand_edit import HandEdit
from wizard.plan.model import FileChange
from wizard.plan.planned_file import PlannedFile
from wizard.plan.scope import Scope
from wizard.postfix import hardening, served
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.policy import propose_main_cf, propose_master_cf, propose_sender_access
from wizard.postfix.proposal import Proposal
from wizard.secrets import masked_file


@dataclass(frozen=True)
class Files:
    """The files that the plan writes whole texts of; None where it leaves one alone."""

    main: PlannedFile
    master: PlannedFile
    senders: PlannedFile
    passwords: PlannedFile
    hook: Optional[PlannedFile]
    aliases: Optional[PlannedFile] = None
    dovecot: Optional[PlannedFile] = None

    @property
    def all(self) -> tuple[PlannedFile, ...]:
        """All of them, in the order of the review."""
        return tuple(file for _, file in self.by_section)

    @property
    def by_section(self) -> tuple[tuple[str, PlannedFile], ...]:
        """All of them with the section that each is of, "" for those of many."""
        told = self.passwords.live is not None or self.passwords.proposal.text
        files = (
            ("", self.main),
            ("", self.master),
            ("certificate", self.hook),
            ("blocklists", self.senders),
            ("aliases", self.aliases),
            ("relay", self.passwords if told else None),
            ("dovecot", self.dovecot),
        )
        return tuple((section, file) for section, file in files if file is not None)

    def by_hand(self, bases: Bases, choices: Choices) -> tuple[HandEdit, ...]:
        """What was changed by hand in them since a run wrote them."""
        return tuple(
            edit
            for file in self.all
            for edit in hand_edits(
                file.facts.path,
                bases.files.get(file.facts.path),
                file.live,
                file.proposal.text,
                choices,
            )
        )


def propose(
    answers: Answers,
    host: Host,
    scope: Scope,
    standing: Optional[Answers],
    kept: Mapping[str, frozenset[str]],
) -> Files:
    """Return what the answers come to in each file, but for what is `kept` there, by path."""
    today = standing if scope.named else None
    in_main, in_master = (
        keys.seal_file(file, answers, host.dqs_key) for file in (host.main_cf, host.master_cf)
    )
    main, master, senders = (
        kept.get(file.path, frozenset())
        for file in (host.main_cf, host.master_cf, host.sender_access)
    )
    if not _turns_hardening(answers, standing):
        main |= hardening.NAMES
    postfix = host.postfix
    return Files(
        PlannedFile(
            host.main_cf,
            propose_main_cf(
                in_main.live or b"", answers, postfix, scope.sections, today, kept=main
            ),
            in_main,
        ),
        PlannedFile(
            host.master_cf,
            _master_cf(in_master.live or b"", answers, host, scope, master),
            in_master,
        ),
        PlannedFile(
            host.sender_access,
            propose_sender_access(
                host.sender_access.live, answers, scope.sections, today, kept=senders
            ),
        ),
        PlannedFile(
            host.sasl_passwd,
            *relay.propose(
                answers, host, scope, today, kept.get(host.sasl_passwd.path, frozenset())
            ),
        ),
        None if host.hook.path in kept else _hook(answers, host, scope, standing),
        _aliases(answers, host, scope, today, kept.get(ALIASES, frozenset())),
        None if host.dovecot.conf.path in kept else _dovecot(answers, host, scope),
    )


def _turns_hardening(answers: Answers, standing: Optional[Answers]) -> bool:
    """Whether it is to be on, or to go: off leaves alone what was never switched on."""
    now = hardening.OFF if standing is None else standing.hardening.use
    return hardening.ON in {answers.hardening.use, now}


def _master_cf(
    live: bytes, answers: Answers, host: Host, scope: Scope, kept: Collection[str]
) -> Proposal:
    if served.SECTION not in scope:
        return _doors(live, answers, host, scope, kept)
    cf, changed, warnings = served.without_options(MasterCf.parse(live), kept)
    proposal = _doors(cf, answers, host, scope, kept)
    return served.with_options_out(proposal, changed, warnings)


def _doors(
    live: bytes | MasterCf,
    answers: Answers,
    host: Host,
    scope: Scope,
    kept: Collection[str],
) -> Proposal:
    hold = hardening.owns_senders(answers, host.main_cf.live or b"")
    if POLICY not in scope and hardening.SECTION in scope:
        return hardening.propose_doors(live, hold_senders=hold, kept=kept)
    doors = hardening.doors(hold_senders=hold)
    return propose_master_cf(live, answers, host.postfix, scope.sections, kept=kept, doors=doors)


def _aliases(
    answers: Answers,
    host: Host,
    scope: Scope,
    today: Optional[Answers],
    kept: Collection[str],
) -> Optional[PlannedFile]:
    proposal = aliases.propose(answers, host, scope, today, kept)
    return None if proposal is None else PlannedFile(host.aliases.file, proposal)


def _hook(
    answers: Answers, host: Host, scope: Scope, standing: Optional[Answers]
) -> Optional[PlannedFile]:
    proposal = renewal_hook.propose(answers, host, scope, standing)
    return None if proposal is None else PlannedFile(host.hook, proposal)


def _dovecot(answers: Answers, host: Host, scope: Scope) -> Optional[PlannedFile]:
    proposal = dovecot.propose(answers, host, scope)
    return None if proposal is None else PlannedFile(host.dovecot.conf, proposal)


def change(file: PlannedFile, bases: Bases) -> FileChange:
    """Return what the review shows of a file."""
    facts, live = file.facts, file.live
    original = live if facts.original is None else masked_file(facts.path, facts.original)
    return FileChange(
        facts.path,
        original,
        live,
        file.proposal.text,
        marked(bases.files.get(facts.path), file.proposal.text, file.proposal.reasons),
    )
