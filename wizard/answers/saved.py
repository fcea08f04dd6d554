"""Complete the answers read back from a host with fields that only saved answers have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wizard.answers.model import Answers

_SAVED_ONLY: dict[str, tuple[str, ...]] = {
    "certificate": ("days", "host", "existing", "challenge", "webroot", "email", "server"),
    "blocklists": ("dqs_key_file",),
    "dns": ("zone_file", "move_from", "move_to"),
    "relay": ("password_file",),
    "move": ("old_server",),
}
"""The fields that no file of the host expresses, by section."""

_READ_BACK_AS = {"remote": "letsencrypt", "certbot": "letsencrypt"}
"""Sources of a certificate that are read back from a host as another source."""


def with_saved(today: Answers, saved: Answers) -> Answers:
    """Return today's answers with the saved values of the fields that no file expresses."""
    sections: dict[str, Any] = {
        section: replace(
            getattr(today, section),
            **{name: getattr(getattr(saved, section), name) for name in names},
        )
        for section, names in _SAVED_ONLY.items()
    }
    own, before = today.certificate, saved.certificate
    if own.source == _READ_BACK_AS.get(before.source) and own.name == before.name:
        sections["certificate"] = replace(sections["certificate"], source=before.source)
    if not saved.networks.firewall_zone:
        # A running firewalld does not show that the operator uses another firewall.
        sections["networks"] = replace(today.networks, firewall_zone="")
    return replace(today, **sections)
