"""The files of a plan: the live text, the proposed text and the hand edits of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from wizard.answers.model import POLICY
from wizard.answers.unsaid import is_unsaid
from wizard.paths import MAIN_CF, MASTER_CF, PARTED
from wizard.plan.choices import Choices
from wizard.plan.hand_edit import HandEdit
from wizard.plan.model import FileChange
from wizard.plan.part import Part, Request
from wizard.plan.planned_file import PlannedFile
from wizard.plan.sealed_file import seal_file
from wizard.planning.by_hand import Bases, hand_edits, marked
from wizard.postfix import hardening, served, tls
from wizard.postfix.main_policy import propose_main_cf
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.proposal import Proposal
from wizard.postfix.services import propose_master_cf
from wizard.secrets import masked_file
from wizard.sections.registry import SECTIONS


@dataclass(frozen=True)
class Proposed:
    """The proposed main.cf and master.cf, and what each section adds to the plan."""

    main: PlannedFile
    master: PlannedFile
    parts: tuple[Part, ...]

    @property
    def files(self) -> tuple[PlannedFile, ...]:
        """All files whose whole text the plan writes, in the order of the review."""
        return (self.main, self.master, *(file for part in self.parts for file in part.files))

    def by_hand(self, bases: Bases, choices: Choices) -> tuple[HandEdit, ...]:
        """Return the hand edits of these files."""
        return tuple(
            edit
            for file in self.files
            for edit in hand_edits(
                file.facts.path,
                bases.files.get(file.facts.path),
                file.live,
                file.proposal.text,
                choices,
            )
        )

    def changes(self, bases: Bases) -> Iterator[FileChange]:
        """Yield the changes of the files, as the review shows them."""
        yield from (_change(file, bases) for file in (self.main, self.master))
        for part in self.parts:
            yield from (_change(file, bases) for file in part.files)
            yield from part.own_files


def propose(request: Request) -> Proposed:
    """Return the next text of each file. Entries that the operator keeps stay as they are."""
    host, scope, current = request.host, request.scope, request.current
    answers = hardening.with_senders(request.answers, current, named=scope.named)
    in_main, in_master = (seal_file(host.files[path], answers, host.dqs_key) for path in PARTED)
    protected = request.protected_in(MAIN_CF)
    for name, names in hardening.NAMES.items():
        if not hardening.is_switched(name, answers, current):
            protected |= names
    answers = tls.as_today(answers, current, named=scope.named)
    protected |= tls.unset(answers, named=scope.named)
    main = propose_main_cf(
        in_main.live or b"",
        answers,
        host.postfix,
        scope.sections,
        request.rerun_from,
        protected=protected,
    )
    for section in SECTIONS:
        main = section.edit_main(request, main)
    master = _master_cf(in_master.live or b"", replace(request, answers=answers), main.text)
    if tls.SECTION in scope and tls.is_requested(answers, named=scope.named):
        protected = request.protected_in(MASTER_CF)
        master = tls.with_profile(master, answers, host.postfix, protected)
    for section in SECTIONS:
        master = section.edit_master(request, master, main.text)
    return Proposed(
        PlannedFile(host.files[MAIN_CF], main, in_main, keeps_original=True),
        PlannedFile(host.files[MASTER_CF], master, in_master, keeps_original=True),
        tuple(section.plan(request) for section in SECTIONS),
    )


def _master_cf(live: bytes, request: Request, main: bytes) -> Proposal:
    """Return the next master.cf; `main` is the next main.cf, which has the table of senders."""
    answers, host, scope = request.answers, request.host, request.scope
    protected = request.protected_in(MASTER_CF)
    cf = MasterCf.parse(live)
    checks_senders = hardening.owns_senders(answers, main)
    changed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    has_certificate = served.SECTION in scope and not is_unsaid(answers.certificate.source)
    if has_certificate:
        cf, changed, warnings = served.without_options(cf, protected)
    # A run of senders alone leaves the lists where another table is in use.
    of_senders = hardening.SENDERS in scope and hardening.uses_or_used(
        answers, request.current, main
    )
    if POLICY not in scope and (hardening.SECTION in scope or of_senders):
        proposal = hardening.propose_sender_checks(
            cf, checks_senders=checks_senders, protected=protected
        )
    else:
        services = hardening.submission_services(checks_senders=checks_senders)
        proposal = propose_master_cf(
            cf, answers, host.postfix, scope.sections, protected=protected, services=services
        )
    if has_certificate:
        return served.with_options_out(proposal, changed, warnings)
    return proposal


def _change(file: PlannedFile, bases: Bases) -> FileChange:
    facts, live = file.facts, file.live
    original = live if facts.original is None else masked_file(facts.path, facts.original)
    return FileChange(
        facts.path,
        original,
        live,
        file.proposal.text,
        marked(bases.files.get(facts.path), file.proposal.text, file.proposal.reasons),
    )
