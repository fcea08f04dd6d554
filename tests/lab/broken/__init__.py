"""Ways to break a right server in silence, and unusual servers that are right, as data."""

from tests.lab.broken import (
    aliases,
    certificate,
    dns,
    dovecot,
    files,
    firewall,
    log_and_queue,
    mail_flow,
    main_cf,
    master_cf,
    packet_filter,
    records,
    renewal,
    resolver,
    service,
    spf,
    tables,
    tls,
    unit_file,
    unusual,
    unusual_host,
    users,
)
from tests.lab.broken.way import Way

__all__ = ["UNUSUAL", "WAYS"]

WAYS: dict[str, Way] = {
    **main_cf.WAYS,
    **mail_flow.WAYS,
    **master_cf.WAYS,
    **tables.WAYS,
    **certificate.WAYS,
    **dns.WAYS,
    **firewall.WAYS,
    **service.WAYS,
    **files.WAYS,
    **aliases.WAYS,
    **users.WAYS,
    **tls.WAYS,
    **renewal.WAYS,
    **dovecot.WAYS,
    **spf.WAYS,
    **records.WAYS,
    **resolver.WAYS,
    **packet_filter.WAYS,
    **unit_file.WAYS,
    **log_and_queue.WAYS,
}
UNUSUAL: dict[str, Way] = {**unusual.UNUSUAL, **unusual_host.UNUSUAL}
