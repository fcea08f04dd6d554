"""Complete an answers file with today's values of the numbers that it does not name.

A number that is unset by default has no default to write. So only a form can unset it, by its empty
field: a file that does not name it says nothing about it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wizard.answers.fields import FIELDS
from wizard.answers.model import SECTIONS, Answers


def with_unnamed(given: Answers, today: Answers) -> Answers:
    """Return the answers of a file, with today's value of each optional number that is not in it.

    `today` are the answers that the host's files express. So a run of single sections does not
    change the parameter (postconf(5)).
    """
    sections: dict[str, Any] = {}
    for section in SECTIONS:
        own, live = getattr(given, section), getattr(today, section)
        names = [one.name for one in FIELDS if one.section == section and one.optional]
        values = {one: getattr(live, one) for one in names if getattr(own, one) is None}
        sections[section] = replace(own, **values) if values else own
    return Answers(**sections)
