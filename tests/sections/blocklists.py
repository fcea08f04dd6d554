"""A change of the section `blocklists`."""

from __future__ import annotations

from tests.sections import Case
from wizard.paths import SENDER_ACCESS

CASE = Case(
    {"reject_senders": ("spam.example",)},
    edit=("reject_senders = []", 'reject_senders = ["spam.example"]'),
    # The list names its table, if it does not yet.
    moves=frozenset({"smtpd_recipient_restrictions"}),
    files=(SENDER_ACCESS,),
)
