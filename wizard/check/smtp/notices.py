"""Omit from a session the lines for which Postfix would mail postmaster a notice.

smtpd mails the session's lines if an error of it is in notify_classes (postconf(5)). By default these
are errors of the server itself, which another finding names without a session.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wizard.check.smtp.session import Exchange
from wizard.check.tls.services import PortSettings


@dataclass(frozen=True)
class Quiet:
    """A script that causes no notice, and by the name of each line that is omitted the reason."""

    script: tuple[Exchange, ...]
    omitted: Mapping[str, str] = field(default_factory=dict)


def quiet(script: Sequence[Exchange], here: PortSettings, reported: Mapping[str, str]) -> Quiet:
    """Return the script of a port without the lines that cause a notice.

    `reported` has by the beginning of a line why it would meet a fault that smtpd reports.
    """
    classes = here.words("notify_classes")
    omitted = {
        one.name: reason for one in script for reason in [_reason(one, classes, reported)] if reason
    }
    return Quiet(tuple(one for one in script if one.name not in omitted), omitted)


def _reason(one: Exchange, classes: Sequence[str], reported: Mapping[str, str]) -> str:
    if one.notice and one.notice in classes:
        return f"notify_classes has {one.notice}, so that Postfix would mail a notice to postmaster"
    return next((why for begins, why in reported.items() if one.line.startswith(begins)), "")
