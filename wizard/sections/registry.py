"""The list of sections, in the order of the answers.

Of those that have only a name or a plan here, the engines still have tables of their own.
"""

from __future__ import annotations

from wizard.sections import blocklists, networks
from wizard.sections.aliases.section import ALIASES
from wizard.sections.certificate import plan as certificate
from wizard.sections.dns.section import DNS
from wizard.sections.dovecot.section import DOVECOT
from wizard.sections.hardening import HARDENING
from wizard.sections.move import MOVE
from wizard.sections.relay.section import RELAY
from wizard.sections.section import ManagedFile, Section

SECTIONS = (
    Section("hostname"),
    Section("domains"),
    Section("networks", plan=networks.plan),
    Section("certificate", plan=certificate.plan),
    Section("blocklists", plan=blocklists.plan),
    Section("delivery", heading="Delivery"),
    Section("limits", heading="Limits"),
    DNS,
    ALIASES,
    RELAY,
    DOVECOT,
    HARDENING,
    MOVE,
)

BY_NAME = {one.name: one for one in SECTIONS}
OWNERS: dict[str, Section] = {file.path: one for one in SECTIONS for file in one.files}
"""By path, the section that owns a file."""
FILES: dict[str, ManagedFile] = {file.path: file for one in SECTIONS for file in one.files}
