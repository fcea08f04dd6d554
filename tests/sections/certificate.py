"""A change of the section `certificate`."""

from __future__ import annotations

from tests.sections import Case
from wizard.postfix.served import TAKEN_OUT

CASE = Case(
    {"source": "letsencrypt", "name": "new.example"},
    edit=('source = "letsencrypt"', 'source = "self-signed"'),
    moves=frozenset({"smtpd_tls_cert_file", "smtpd_tls_key_file", *TAKEN_OUT}),
)
