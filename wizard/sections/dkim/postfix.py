"""What the section changes in Postfix: the milter, and the table of networks that use it."""

from __future__ import annotations

from typing import Optional

from wizard.host.facts import Host
from wizard.paths import MAIN_CF, MASTER_CF
from wizard.plan.part import Request
from wizard.plan.planned_file import PlannedFile
from wizard.postfix.lines import Lines
from wizard.postfix.main_cf import MainCf
from wizard.postfix.proposal import Proposal
from wizard.sections.dkim import milters
from wizard.sections.dkim.obstacles import obstacles
from wizard.sections.dkim.others import other_signer
from wizard.sections.dkim.setup import ON, SECTION, SIGNER, next_setup, texts_of
from wizard.sections.reading import main_cf

MILTER = f"{{unix:{SIGNER.socket},default_action=tempfail}}"
"""The signer as Postfix names it: without it our own mail waits, and other milters are not affected."""


def is_planned(request: Request) -> bool:
    """True if the section is planned, is on, and nothing keeps it from being so."""
    return (
        SECTION in request.scope
        and request.answers.dkim.use == ON
        and not other_signer(request.host, SIGNER)
        and not any(obstacles(request))
    )


def signs(request: Request) -> bool:
    """True if Postfix has the signer after the run: as soon as one domain signs."""
    return bool(next_setup(request).signing)


def has_signer(host: Host) -> bool:
    """True if main.cf has the signer for mail of this host's programs."""
    return milters.has(main_cf(host).value(milters.OTHERS) or "", MILTER)


def edit_main(request: Request, proposal: Proposal) -> Proposal:
    """Give the signer to Postfix once mail is signed, and take it out if the section goes off."""
    change = _change(request)
    if change is None:
        return proposal
    protected = request.protected_in(MAIN_CF)
    return milters.propose_main(proposal, MILTER, signs=change, protected=protected)


def edit_master(request: Request, proposal: Proposal, main: bytes) -> Proposal:
    """Do the same on 587 and 465."""
    change = _change(request)
    if change is None:
        return proposal
    protected = request.protected_in(MASTER_CF)
    return milters.propose_master(
        proposal, MainCf.parse(main), MILTER, signs=change, protected=protected
    )


def _change(request: Request) -> Optional[bool]:
    """Return True to add the milter, False to remove it, None to leave Postfix alone."""
    if is_planned(request):
        return True if signs(request) else None
    is_off = SECTION in request.scope and request.answers.dkim.use != ON
    was_on = SIGNER.set_up(texts_of(request.host)) is not None
    return False if is_off and request.scope.named and was_on else None


def networks_table(request: Request) -> PlannedFile:
    """Return the table of the networks whose mail is signed on port 25 without a login."""
    facts = request.host.files[milters.NETWORKS_TABLE]
    networks = [one.replace("[", "").replace("]", "") for one in next_setup(request).networks]
    text = milters.networks_table(networks, main_cf(request.host), MILTER)
    why = "Mail of these networks on port 25 is signed."
    lines = Lines((), ()).insert(0, text.decode().splitlines(), why)
    if milters.NETWORKS_TABLE in request.protected:
        return PlannedFile(facts, Proposal(facts.live or b""))
    return PlannedFile(facts, Proposal(bytes(lines), lines.reasons()))
