"""What a plan says of the hardening; its parameters and options are in main.cf and master.cf."""

from __future__ import annotations

from collections.abc import Iterator

from wizard.plan.part import Part, Request
from wizard.postfix.hardening import MAPS, ON, SECTION, unknown, without_maps
from wizard.postfix.main_cf import MainCf


def plan(request: Request) -> Part:
    """Return what the section adds to a plan."""
    return Part(warnings=tuple(_left_out(request)))


def _left_out(request: Request) -> Iterator[str]:
    """Say which parts are not for this Postfix, or not yet."""
    if SECTION in request.scope and request.answers.hardening.use == ON:
        yield from unknown(request.host.postfix)
        maps = MainCf.parse(request.host.main_cf.live or b"").value(MAPS)
        yield from without_maps(maps or "")
