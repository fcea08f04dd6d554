"""The list of sections, in the order of the answers."""

from __future__ import annotations

from wizard.host.facts import Needs
from wizard.paths import MANAGED
from wizard.sections.aliases.section import ALIASES
from wizard.sections.backup.section import BACKUP
from wizard.sections.blocklists import BLOCKLISTS
from wizard.sections.certificate.section import CERTIFICATE
from wizard.sections.delivery import DELIVERY
from wizard.sections.dkim.section import DKIM
from wizard.sections.dns.section import DNS
from wizard.sections.domains import DOMAINS
from wizard.sections.dovecot.section import DOVECOT
from wizard.sections.hardening import HARDENING
from wizard.sections.hostname import HOSTNAME
from wizard.sections.limits import LIMITS
from wizard.sections.move import MOVE
from wizard.sections.networks import NETWORKS_SECTION
from wizard.sections.relay.section import RELAY
from wizard.sections.section import ManagedFile, Section
from wizard.sections.senders.section import SENDERS
from wizard.sections.tls.section import TLS

SECTIONS = (
    HOSTNAME,
    DOMAINS,
    NETWORKS_SECTION,
    CERTIFICATE,
    BLOCKLISTS,
    DELIVERY,
    LIMITS,
    DNS,
    ALIASES,
    RELAY,
    TLS,
    DOVECOT,
    HARDENING,
    SENDERS,
    DKIM,
    BACKUP,
    MOVE,
)

BY_NAME = {one.name: one for one in SECTIONS}
OWNERS: dict[str, Section] = {file.path: one for one in SECTIONS for file in one.files}
"""By path: the section that owns a file."""
FILES: dict[str, ManagedFile] = {file.path: file for one in SECTIONS for file in one.files}
NEEDS = Needs(
    tuple(unit for one in SECTIONS for unit in one.units),
    tuple(program for one in SECTIONS for program in one.programs),
    {path: file.mode for path, file in FILES.items() if path not in MANAGED},
    tuple(path for path, file in FILES.items() if file.table and path not in MANAGED),
)
"""What `read_host` reads for the sections."""
