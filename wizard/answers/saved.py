"""What only the saved answers can say, laid over what a host says today."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wizard.answers.model import Answers

_UNTOLD: dict[str, tuple[str, ...]] = {
    "certificate": ("days", "host", "existing", "challenge", "webroot", "email", "server"),
    "blocklists": ("dqs_key_file",),
    "dns": ("zone_file", "move_from", "move_to"),
    "relay": ("password_file",),
    "move": ("old_server",),
}
"""The fields that no file of the host tells, by section."""

_COMES_AS = {"remote": "letsencrypt", "certbot": "letsencrypt"}
"""Sources of a certificate that a host cannot be told from another."""


def with_saved(today: Answers, saved: Answers) -> Answers:
    """Return today's answers with those of the saved ones that the host does not tell."""
    sections: dict[str, Any] = {
        section: replace(
            getattr(today, section),
            **{name: getattr(getattr(saved, section), name) for name in names},
        )
        for section, names in _UNTOLD.items()
    }
    own, before = today.certificate, saved.certificate
    if own.source == _COMES_AS.get(before.source) and own.name == before.name:
        sections["certificate"] = replace(sections["certificate"], source=before.source)
    if not saved.networks.firewall_zone:
        # A running firewalld does not tell that it is not ours.
        sections["networks"] = replace(today.networks, firewall_zone="")
    return replace(today, **sections)
