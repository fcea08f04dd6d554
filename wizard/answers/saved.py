"""Complete the answers read back from a host with fields that only saved answers have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wizard.answers.fields import fields_of
from wizard.answers.model import SECTIONS, Answers

_READ_BACK_AS = {"remote": "letsencrypt", "certbot": "letsencrypt"}
"""Sources of a certificate that are read back from a host as another source."""


def with_saved(today: Answers, saved: Answers) -> Answers:
    """Return today's answers with the saved values of the fields that no file expresses."""
    sections: dict[str, Any] = {}
    for section in SECTIONS:
        given = getattr(saved, section)
        names = [field.name for field in fields_of(section) if field.saved_only]
        values = {name: getattr(given, name) for name in names}
        sections[section] = replace(getattr(today, section), **values)
    own, before = today.certificate, saved.certificate
    if own.source == _READ_BACK_AS.get(before.source) and own.name == before.name:
        sections["certificate"] = replace(sections["certificate"], source=before.source)
    if not saved.networks.firewall_zone:
        # A running firewalld does not show that the operator uses another firewall.
        sections["networks"] = replace(sections["networks"], firewall_zone="")
    return replace(today, **sections)
