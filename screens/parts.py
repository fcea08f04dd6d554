"""A text that has the value of another field as well: `host:port` in the field of the host."""

from __future__ import annotations

from typing import Optional

from textual.widget import Widget

from screens.widgets.field import FormField, TextField
from wizard.answers.as_written import also_written
from wizard.drafts.draft import Draft


def fill_others(form: Widget, form_field: FormField) -> None:
    """Show in other fields of the form what the text of this one says of them."""
    field, texts = form_field.field, also_written(form_field.field, str(form_field.text))
    for one in form.query(TextField) if texts else ():
        if one.field.section == field.section and one.field.name in texts:
            one.show(texts[one.field.name])


def leave_own_part(draft: Draft, before: Optional[FormField]) -> None:
    """Show in a field that lost the focus only its own part of the text."""
    if isinstance(before, TextField) and also_written(before.field, str(before.text)):
        before.show(str(draft.text(before.field.section, before.field.name)))
