"""The section `move`: the old server's name, which only the saved answers have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wizard.answers.model import Answers
from wizard.answers.old_server import old_server
from wizard.host.facts import Host
from wizard.plan.part import Part, Request
from wizard.sections.section import NONE, Section, TextByName


def _plan(request: Request) -> Part:
    named = request.answers.move.old_server
    return Part(saves="move" in request.scope and named != request.host.old_server)


def _value(_host: Host, today: Answers) -> str:
    old = old_server(today)
    return f"from {old.name}" if old else NONE


def _preview(checked: Mapping[str, Any]) -> TextByName:
    old = checked.get("old_server")
    return {
        "old_server": f"`postfix-wizard move`: the move from {old}"
        if old
        else "no move is looked at"
    }


MOVE = Section(
    "move",
    heading="The move from an old server",
    plan=_plan,
    value=_value,
    unused=NONE,
    preview=_preview,
)
