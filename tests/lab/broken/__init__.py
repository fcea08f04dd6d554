"""Ways to break a right server in silence, and unusual servers that are right, as data."""

from dataclasses import replace

from tests.lab.broken import (
    aliases,
    certificate,
    delivery,
    dns,
    dovecot,
    encryption,
    files,
    firewall,
    limits,
    log_and_queue,
    mail_flow,
    main_cf,
    master_cf,
    newer_records,
    packet_filter,
    profile,
    records,
    refusing,
    relaying,
    renewal,
    renewing,
    resolver,
    rewriting,
    sending,
    service,
    services,
    spf,
    submission,
    tables,
    tls,
    tls_files,
    unit_file,
    unusual,
    unusual_certificates,
    unusual_host,
    unusual_postfix,
    users,
)
from tests.lab.broken.findings import FINDINGS
from tests.lab.broken.way import Way

__all__ = ["UNUSUAL", "WAYS"]

_ROWS: dict[str, Way] = {
    **main_cf.WAYS,
    **mail_flow.WAYS,
    **master_cf.WAYS,
    **tables.WAYS,
    **certificate.WAYS,
    **dns.WAYS,
    **firewall.WAYS,
    **service.WAYS,
    **relaying.WAYS,
    **submission.WAYS,
    **tls.WAYS,
    **refusing.WAYS,
    **delivery.WAYS,
    **sending.WAYS,
    **rewriting.WAYS,
    **limits.WAYS,
    **services.WAYS,
    **files.WAYS,
    **aliases.WAYS,
    **users.WAYS,
    **tls_files.WAYS,
    **renewal.WAYS,
    **dovecot.WAYS,
    **spf.WAYS,
    **records.WAYS,
    **newer_records.WAYS,
    **resolver.WAYS,
    **packet_filter.WAYS,
    **unit_file.WAYS,
    **log_and_queue.WAYS,
    **encryption.WAYS,
    **profile.WAYS,
    **renewing.WAYS,
}
WAYS: dict[str, Way] = {
    name: replace(way, finding=FINDINGS.get(name, "")) for name, way in _ROWS.items()
}
UNUSUAL: dict[str, Way] = {
    **unusual.UNUSUAL,
    **unusual_postfix.UNUSUAL,
    **unusual_host.UNUSUAL,
    **unusual_certificates.UNUSUAL,
    **newer_records.UNUSUAL,
    **profile.UNUSUAL,
}
