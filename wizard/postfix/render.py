"""Render the templates. Jinja2 is imported only on use."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jinja2

_TEMPLATES = Path(__file__).parents[2] / "templates"
"""`importlib.resources` finds the same directory, and imports zipfile and tempfile for it."""


def as_it_is(template: str) -> tuple[str, ...]:
    """Return the lines, without terminators, of a template without values."""
    source = (_TEMPLATES / template).read_text("utf-8")
    return tuple(source.split("\n")[:-1])


def render(template: str, **values: object) -> tuple[str, ...]:
    """Return the lines of a rendered template, without terminators."""
    return tuple(_compiled(template).render(**values).split("\n")[:-1])


@cache
def _compiled(template: str) -> jinja2.Template:
    # Plans of a host that is set up need no template, so they save the import.
    import jinja2  # noqa: PLC0415

    environment = jinja2.Environment(
        autoescape=False,  # noqa: S701 - these files are no HTML; writers check every value
        keep_trailing_newline=True,
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    source = "".join(f"{line}\n" for line in as_it_is(template))
    return environment.from_string(source)
