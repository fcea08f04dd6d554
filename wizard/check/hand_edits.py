"""Turn failures into warnings if they come only from hand edits that the operator chose to keep.

Only findings with no other cause are changed. An open relay or refused mail is wrong, no matter who
wrote the setting.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from wizard.finding import WARNING, WRONG, Finding
from wizard.paths import MAIN_CF, MASTER_CF
from wizard.plan.choices import MINE
from wizard.plan.hand_edit import HandEdit
from wizard.planning.file_entries import service_entry_of
from wizard.postfix.served import PAIR, TAKEN_OUT
from wizard.postfix.service_entry import port_of_entry

ADVICE = "It is as you changed it by hand, and you chose to keep that."

_PARAMETERS = {
    "smtpd_banner": r"smtp\.\d+\.banner",
    "disable_vrfy_command": r"smtp\.25\.vrfy",
    "message_size_limit": r"smtp\.25\.size",
    "smtpd_sasl_auth_enable": r"master\.cf\.25|smtp\.25\.(?:no-auth|auth-refused)(?:-tls)?",
    "smtpd_tls_auth_only": r"smtp\.587\.(?:no-)?auth-plain",
    **dict.fromkeys((*PAIR, *TAKEN_OUT), r"certificate\.\d+"),
}
"""The findings that depend on one parameter of main.cf alone."""
_OPTIONS = {
    "smtpd_tls_security_level": r"master\.cf\.{0}|smtp\.{0}\.(?:no-auth|auth|mail)-plain",
    "smtpd_tls_wrappermode": r"master\.cf\.{0}|smtp\.{0}\.tls",
    "smtpd_sasl_auth_enable": r"master\.cf\.{0}|smtp\.{0}\.auth",
    "smtpd_recipient_restrictions": r"master\.cf\.{0}",
    **dict.fromkeys((*PAIR, *TAKEN_OUT), r"certificate\.{0}"),
}
"""The same for an option of a service entry on port {0}."""
_ENTRY = r"master\.cf\.{0}|port\.{0}|smtp\.{0}\.(?!mail-without-auth|relay|stranger).*"


def excused(findings: Iterable[Finding], edits: Collection[HandEdit]) -> Iterator[Finding]:
    """Yield the findings. A failure that only such a hand edit causes is a warning."""
    patterns = [one for edit in edits if edit.choice == MINE for one in _patterns(edit)]
    excusable = re.compile("|".join(f"(?:{one})" for one in patterns)) if patterns else None
    for finding in findings:
        if excusable is None or finding.verdict != WRONG or not excusable.fullmatch(finding.id):
            yield finding
        else:
            yield replace(finding, verdict=WARNING, advice=ADVICE, fatal=False)


def _patterns(edit: HandEdit) -> Iterator[str]:
    if edit.path == MAIN_CF and edit.name in _PARAMETERS:
        yield _PARAMETERS[edit.name]
    if edit.path != MASTER_CF:
        return
    entry = service_entry_of(edit.path, edit.name)
    number = port_of_entry(entry or edit.name)
    pattern = _OPTIONS.get(edit.name.rpartition("/")[2]) if entry else _ENTRY
    if pattern:
        yield pattern.format(re.escape(str(number)))
