"""The answers of the last runs, read back from the texts that they wrote. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

from wizard.answers.model import SECTIONS, Answers
from wizard.host.facts import Host
from wizard.paths import MAIN_CF
from wizard.planning.read_back import read_back
from wizard.sections.registry import FILES
from wizard.sections.section import Texts
from wizard.status.expected import ExpectedState
from wizard.status.history import last_states


def last_answers(host: Host, today: Answers, expected: ExpectedState) -> Answers:
    """Return today's answers, but each section as the last run that planned it wrote it.

    A section without such a run is as today. So is a value that is in no text, such as the
    firewall's zone.
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
    # The values in force today do not belong to an older text.
    host = replace(host, postfix=replace(host.postfix, in_force={}))
    for path in (MAIN_CF, *(one.path for one in FILES.values() if one.has_answers)):
        host = host.with_file(path, live=texts.get(path), from_package=False)
    return read_back(host)
