"""The files of a plan: what stands there, what is proposed, and what of it was done by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Optional

from wizard.answers.model import POLICY, SECTIONS, Answers
from wizard.host.aliases import ALIASES
from wizard.host.facts import FileFacts, Host
from wizard.plan import aliases, dovecot, keys, relay
from wizard.plan import hook as renewal_hook
from wizard.plan.by_hand import Bases, HandEdit, hand_edits, marked
from wizard.plan.choices import Choices
from wizard.plan.model import FileChange, NewFile
from wizard.postfix import hardening
from wizard.postfix.policy import propose_main_cf, propose_master_cf, propose_sender_access
from wizard.postfix.proposal import Proposal
from wizard.secrets import masked_file


def sha256(data: bytes) -> str:
    """Return the hex digest that plans and journals name contents by."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class PlannedFile:
    """One file's facts with what is proposed for it."""

    facts: FileFacts
    proposal: Proposal
    sealed: Optional[keys.SealedFile] = None

    @property
    def live(self) -> Optional[bytes]:
        """What stands there, as the plan tells it: without keys."""
        return self.facts.live if self.sealed is None else self.sealed.live

    @property
    def pending(self) -> bool:
        """Whether the plan writes it."""
        return self.proposal.text != self.live

    @property
    def name(self) -> str:
        """Its path's last part."""
        return self.facts.path.rpartition("/")[2]

    @property
    def next(self) -> NewFile:
        """What is written, and what must stand there before."""
        live = self.facts.live
        new = NewFile(
            self.facts.path,
            self.proposal.text,
            None if live is None else sha256(live),
            self.facts.mode,
            self.proposal.reasons,
        )
        return new if self.sealed is None else self.sealed.with_keys(new)


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
        told = self.passwords.live is not None or self.passwords.proposal.text
        others = (self.passwords if told else None, self.hook, self.aliases, self.dovecot)
        return (self.main, self.master, self.senders, *filter(None, others))

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
    sections: Collection[str],
    standing: Optional[Answers],
    kept: Mapping[str, frozenset[str]],
) -> Files:
    """Return what the answers come to in each file, but for what is `kept` there, by path."""
    wanted = frozenset(sections) or frozenset((*SECTIONS, POLICY))
    today = standing if sections else None
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
            propose_main_cf(in_main.live or b"", answers, postfix, wanted, today, kept=main),
            in_main,
        ),
        PlannedFile(
            host.master_cf,
            _doors(in_master.live or b"", answers, host, wanted, master),
            in_master,
        ),
        PlannedFile(
            host.sender_access,
            propose_sender_access(host.sender_access.live, answers, wanted, today, kept=senders),
        ),
        PlannedFile(
            host.sasl_passwd,
            *relay.propose(
                answers, host, wanted, today, kept.get(host.sasl_passwd.path, frozenset())
            ),
        ),
        None if host.hook.path in kept else _hook(answers, host, sections, standing),
        _aliases(answers, host, wanted, today, kept.get(ALIASES, frozenset())),
        None if host.dovecot.conf.path in kept else _dovecot(answers, host, wanted),
    )


def _turns_hardening(answers: Answers, standing: Optional[Answers]) -> bool:
    """Whether it is to be on, or to go: off leaves alone what was never switched on."""
    now = hardening.OFF if standing is None else standing.hardening.use
    return hardening.ON in {answers.hardening.use, now}


def _doors(
    live: bytes, answers: Answers, host: Host, wanted: Collection[str], kept: Collection[str]
) -> Proposal:
    hold = hardening.owns_senders(answers, host.main_cf.live or b"")
    if POLICY not in wanted and hardening.SECTION in wanted:
        return hardening.propose_doors(live, hold_senders=hold, kept=kept)
    doors = hardening.doors(hold_senders=hold)
    return propose_master_cf(live, answers, host.postfix, wanted, kept=kept, doors=doors)


def _aliases(
    answers: Answers,
    host: Host,
    wanted: Collection[str],
    today: Optional[Answers],
    kept: Collection[str],
) -> Optional[PlannedFile]:
    proposal = aliases.propose(answers, host, wanted, today, kept)
    return None if proposal is None else PlannedFile(host.aliases.file, proposal)


def _hook(
    answers: Answers, host: Host, sections: Collection[str], standing: Optional[Answers]
) -> Optional[PlannedFile]:
    proposal = renewal_hook.propose(answers, host, sections, standing)
    return None if proposal is None else PlannedFile(host.hook, proposal)


def _dovecot(answers: Answers, host: Host, wanted: Collection[str]) -> Optional[PlannedFile]:
    proposal = dovecot.propose(answers, host, wanted)
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
