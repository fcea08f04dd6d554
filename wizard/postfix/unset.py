"""Postfix's defaults of some parameters (postconf(5), the same in 3.5 to 3.11)."""

from __future__ import annotations

from wizard.answers.fields import FIELDS

DEFAULTS = {
    **{field.name: field.unset for field in FIELDS if field.unset is not None},
    "mydestination": "$myhostname, localhost.$mydomain, localhost",
    "virtual_mailbox_limit": "51200000",
}
"""The defaults of the parameters that a section owns and an answer can express, and two more."""
