"""The answers that the runs left, read back from the texts that they wrote. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

from wizard.answers.model import SECTIONS, Answers
from wizard.host.facts import Host
from wizard.paths import MAIN_CF, SENDER_ACCESS
from wizard.planning.read_back import read_back
from wizard.sections.registry import FILES
from wizard.sections.section import Texts
from wizard.status.expected import ExpectedState
from wizard.status.history import last_states


def last_answers(host: Host, today: Answers, expected: ExpectedState) -> Answers:
    """Return today's answers, each section as the last run that was planned for it left it.

    What no text tells, such as the firewall's zone, is today's; so is a section that no run left.
    """
    sections: dict[str, Any] = {}
    known: dict[int, Optional[Answers]] = {}
    for section, last in last_states(expected.written).items():
        if section not in SECTIONS or last.values is None:
            continue
        if id(last.texts) not in known:
            known[id(last.texts)] = _read(host, last.texts)
        answers = known[id(last.texts)]
        if answers is not None:
            sections[section] = getattr(answers, section)
    return replace(today, **sections)


def _read(host: Host, texts: Texts) -> Optional[Answers]:
    main = replace(host.main_cf, live=texts.get(MAIN_CF), from_package=False)
    senders = replace(host.sender_access, live=texts.get(SENDER_ACCESS))
    # What is in force today says nothing of a text of another day.
    postfix = replace(host.postfix, in_force={})
    host = replace(host, postfix=postfix, main_cf=main, sender_access=senders)
    for path, file in FILES.items():
        host = file.with_text(host, texts.get(path))
    return read_back(host)
