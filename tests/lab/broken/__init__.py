"""Ways to break a right server in silence, and unusual servers that are right, as data."""

from tests.lab.broken import (
    certificate,
    dns,
    firewall,
    mail_flow,
    main_cf,
    master_cf,
    service,
    tables,
)
from tests.lab.broken.unusual import UNUSUAL
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
}
