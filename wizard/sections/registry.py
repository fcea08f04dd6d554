"""The list of sections, in the order of the answers.

Of those that have only a name or a plan here, the engines still have tables of their own.
"""

from __future__ import annotations

from wizard.sections import blocklists, dns, dovecot, hardening, move, networks, relay
from wizard.sections.aliases.section import ALIASES
from wizard.sections.certificate import plan as certificate
from wizard.sections.section import ManagedFile, Section

SECTIONS = (
    Section("hostname"),
    Section("domains"),
    Section("networks", plan=networks.plan),
    Section("certificate", plan=certificate.plan),
    Section("blocklists", plan=blocklists.plan),
    Section("delivery", heading="Delivery"),
    Section("limits", heading="Limits"),
    Section(
        "dns",
        title="DNS zone",
        heading="DNS zone of this host's named",
        plan=dns.plan,
    ),
    ALIASES,
    Section(
        "relay",
        title="Relay host",
        heading="Relay host for outgoing mail",
        plan=relay.plan,
    ),
    Section(
        "dovecot",
        heading="Dovecot, which keeps the mailboxes and the passwords",
        plan=dovecot.plan,
    ),
    Section("hardening", heading="Hardening", plan=hardening.plan),
    Section("move", heading="The move from an old server", plan=move.plan),
)

BY_NAME = {one.name: one for one in SECTIONS}
OWNERS: dict[str, Section] = {file.path: one for one in SECTIONS for file in one.files}
"""By path, the section that owns a file."""
FILES: dict[str, ManagedFile] = {file.path: file for one in SECTIONS for file in one.files}
