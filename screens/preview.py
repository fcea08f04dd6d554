"""The line below a field that previews its value in Postfix's files."""

from __future__ import annotations

from wizard.answers.as_written import also_written, as_written
from wizard.answers.field import Field
from wizard.answers.fields import SECTION_TYPES
from wizard.answers.form import Text
from wizard.answers.rules.names import readable_name
from wizard.answers.unsaid import Unsaid
from wizard.drafts.draft import Draft
from wizard.sections.registry import BY_NAME
from wizard.sections.section import NOT_YET


def preview(draft: Draft, field: Field) -> str:
    """Return the line, with `...` for a value that is not valid yet; "" for a field without one."""
    if not field.becomes:
        return ""
    right, wrong = draft.checked(field.section)
    # A preview may read the names of the host, whose section is another one.
    checked = {
        **draft.checked("hostname")[0],
        **right,
        **{problem.name: NOT_YET for problem in wrong},
    }
    value = checked.get(field.name)
    if isinstance(value, Unsaid):
        return f"{field.becomes} = {value.live or '(not set)'} stays: no answer can express it"
    own = BY_NAME[field.section].preview(checked) if field.section in BY_NAME else {}
    if field.name in own:
        return own[field.name]
    value = checked.get(field.name, _default(field))
    if isinstance(value, tuple):
        return f"{field.becomes}: {', '.join(value) or 'none'}"
    if value in {"", None}:
        return f"{field.becomes} stays unset"
    return f"{field.becomes} = {readable_name(str(value))}"


def _default(field: Field) -> object:
    has_defaults = field.section in {"limits", "delivery", "networks"}
    return getattr(SECTION_TYPES[field.section](), field.name) if has_defaults else NOT_YET


def taken_as(field: Field, text: Text) -> str:
    """Return a sentence with the value that is meant by a text such as `50M`, "" for others."""
    if field.kind not in {"text", "number"} or isinstance(text, tuple):
        return ""
    taken = as_written(field, text)
    others = "".join(f", {name} {value}" for name, value in also_written(field, text).items())
    return f"Taken as {taken}{others}. " if taken != text and text.strip() else ""
