"""Read the settings of each section from the files: parameters, rows and service entries."""

from __future__ import annotations

from wizard.answers.model import POLICY, SECTIONS
from wizard.host.main_cf import words
from wizard.paths import MAIN_CF, MASTER_CF
from wizard.postfix.main_cf import MainCf
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.parameters import PARAMETERS, RESTRICTIONS
from wizard.postfix.restrictions import parted
from wizard.postfix.served import SECTION, TAKEN_OUT
from wizard.postfix.services import SUBMISSION_SERVICES, entries
from wizard.secrets import masked_bytes, without_number
from wizard.sections.registry import SECTIONS as RECORDS
from wizard.sections.section import Texts

LISTED = "lists and senders in smtpd_recipient_restrictions"

SettingsBySection = dict[str, dict[str, str]]
"""By section: its settings, each a name with a value."""


def settings_by_section(texts: Texts) -> SettingsBySection:
    """Return the settings in these files, without keys. A missing file has no settings."""
    main = MainCf.parse(masked_bytes(texts.get(MAIN_CF) or b""))
    found: SettingsBySection = {section: {} for section in (*SECTIONS, POLICY)}
    for parameter in PARAMETERS:
        value = main.value(parameter.name)
        if value is None:
            continue
        value = without_number(value)
        if parameter.kind == RESTRICTIONS:
            listed, others = parted(words(value))
            if listed:
                found[parameter.answered_in][LISTED] = ", ".join(listed)
            value = ", ".join(others)
        found[parameter.section][parameter.name] = value
    wins = [(name, main.value(name)) for name in TAKEN_OUT]
    found[SECTION].update((name, value) for name, value in wins if value)
    for section in RECORDS:
        found[section.name].update(section.settings(texts))
    master = MasterCf.parse(masked_bytes(texts.get(MASTER_CF) or b""))
    for submission in SUBMISSION_SERVICES:
        for entry in entries(master, submission):
            found[POLICY][f"master.cf, {entry.key}"] = str(entry)
    return found
