"""Texts from the templates. Jinja2 is imported only when one must really be rendered."""

from __future__ import annotations


def render(template: str, **values: object) -> tuple[str, ...]:
    """The lines of a rendered template, without terminators."""
    # A host that is set up needs no template, and its plan no wait.
    from importlib import resources  # noqa: PLC0415

    import jinja2  # noqa: PLC0415

    environment = jinja2.Environment(
        autoescape=False,  # noqa: S701 - these files are no HTML; writers check every value
        keep_trailing_newline=True,
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    source = resources.files("templates").joinpath(template).read_text("utf-8")
    return tuple(environment.from_string(source).render(**values).split("\n")[:-1])
