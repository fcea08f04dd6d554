"""What a plan of a second MX needs to know: its recipients, and other tables with its domains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class BackupFacts:
    """The recipients of the file that the answers name, or why it cannot be used (`problem`).

    `away` has by domain where another table of transport_maps sends its mail.
    """

    recipients: tuple[str, ...] = ()
    problem: str = ""
    away: Mapping[str, str] = field(default_factory=dict)
