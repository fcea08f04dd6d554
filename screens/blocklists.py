"""Blocklists: whose word is taken on who sends spam, and the operator's own exceptions."""

from __future__ import annotations

from typing import ClassVar, Iterable, Optional

from textual.binding import Binding, BindingType
from textual.widget import Widget

from screens.form import FormScreen
from screens.widgets.field import FormField
from screens.widgets.items import ItemField
from screens.widgets.rows import Row, Rows
from wizard.answers.form import CUSTOM, Text
from wizard.answers.sections import Field
from wizard.postfix.blocklists import CATALOGUE, Blocklist

OWN_LISTS = Field(
    "blocklists",
    CUSTOM,
    "list",
    "Lists of your own",
    "",
    "ZONE, ZONE=REPLIES or ZONE=REPLIES:KIND; the kinds are client, sender, helo.",
)
"""The form's view of [[blocklists.custom]]: one list a line."""


class Lists(Rows):
    """The catalogue with a box each."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pick", "Use/leave", id="use", tooltip="Use the list, or no longer."),
    ]


class CatalogueField(FormField):
    """A box for each known list; the foot tells the weakness of the one under the cursor."""

    def __init__(self, field: Field, used: Iterable[str]) -> None:
        super().__init__(field)
        self._used = set(used)

    def control(self) -> Widget:
        """Make the list of lists."""
        return Lists(self._rows())

    def _rows(self) -> list[Row]:
        return [
            Row(f"  [{'x' if one.name in self._used else ' '}] {one.label}", "", one.name)
            for one in CATALOGUE
        ]

    @property
    def current(self) -> Optional[Blocklist]:
        """The list under the cursor."""
        row = self.query_one(Rows).current
        return next((one for one in CATALOGUE if row and one.name == row.key), None)

    @property
    def text(self) -> Text:
        """The names of the lists in use, in the catalogue's order."""
        return tuple(one.name for one in CATALOGUE if one.name in self._used)

    def put(self, text: str) -> None:
        """Use a list."""
        self._used.add(text)
        self._changed()

    def _changed(self) -> None:
        self.query_one(Rows).show(self._rows())
        self.post_message(self.Edited(self, self.text))

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Use a list, or use it no longer."""
        event.stop()
        self._used ^= {event.row.key}
        self._changed()


class BlocklistsScreen(FormScreen):
    """The lists, and the rows of sender_access."""

    PLACE: ClassVar[str] = "blocklists"
    HELP_TEXT: ClassVar[str] = (
        "These lists are asked last, after your own rows in sender_access. A row that lets a "
        "sender past the lists never lets it past the rule against relaying. Your own domain "
        "does not belong there: whoever forges it would pass every list."
    )

    def fields(self) -> Iterable[Widget]:
        """Make the boxes and three lists."""
        yield CatalogueField(self.field("use"), self.draft.text("blocklists", "use"))
        for field in (OWN_LISTS, self.field("allow_senders"), self.field("reject_senders")):
            yield ItemField(field, tuple(self.draft.text("blocklists", field.name)))

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Tell the weakness of the list under the cursor."""
        event.stop()
        self.show_foot()

    def advice(self, form_field: FormField) -> str:
        """Say what is weak about a list."""
        if isinstance(form_field, CatalogueField) and form_field.current:
            return form_field.current.weakness
        return super().advice(form_field)
