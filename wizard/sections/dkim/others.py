"""Signers that somebody else set up: nothing of them changes, and they are named."""

from __future__ import annotations

from wizard.host.facts import Host
from wizard.host.units import RUNNING_STATES
from wizard.sections.dkim.signer import Signer

UNITS = ("rspamd.service", "amavisd.service", "amavis.service", "dkimpy-milter.service")
"""Programs that may sign, or that a set-up by hand uses next to Postfix."""


def other_signer(host: Host, signer: Signer) -> str:
    """Return a sentence about a signer that is not the wizard's, "" if there is none."""
    running = [one for one in UNITS if host.unit_of(one).active in RUNNING_STATES]
    if running:
        names = ", ".join(one.removesuffix(".service") for one in running)
        return (
            f"{names} runs here and can sign mail itself, so this section writes nothing: two signers "
            f"would sign each mail twice. Sign with {names}, or stop it first"
        )
    why = signer.by_hand(host.text)
    if why:
        return (
            f"{why}: {signer.unit} was set up by hand, so this section writes nothing. It goes on as it "
            "does; take that out first if the wizard is to do it"
        )
    return ""
