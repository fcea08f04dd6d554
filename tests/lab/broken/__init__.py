"""Ways to break a right server in silence, and unusual servers that are right, as data."""

from tests.lab.broken import (
    certificate,
    delivery,
    dns,
    encryption,
    firewall,
    limits,
    mail_flow,
    main_cf,
    master_cf,
    refusing,
    relaying,
    renewing,
    rewriting,
    sending,
    service,
    services,
    submission,
    tables,
    tls,
    unusual,
    unusual_certificates,
    unusual_postfix,
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
    **relaying.WAYS,
    **submission.WAYS,
    **tls.WAYS,
    **refusing.WAYS,
    **delivery.WAYS,
    **sending.WAYS,
    **rewriting.WAYS,
    **limits.WAYS,
    **services.WAYS,
    **encryption.WAYS,
    **renewing.WAYS,
}
UNUSUAL: dict[str, Way] = {
    **unusual.UNUSUAL,
    **unusual_postfix.UNUSUAL,
    **unusual_certificates.UNUSUAL,
}
