"""Blocklists: the lists that are queried for spam senders, and the operator's own exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Collection, Iterable, Mapping, Optional

from textual.binding import Binding, BindingType
from textual.widget import Widget

from screens.ask import ask
from screens.background import in_background
from screens.form import FormScreen
from screens.health import Lists
from screens.messages import Failed
from screens.widgets.field import FormField, TextField
from screens.widgets.items import ItemField
from screens.widgets.line import Line
from screens.widgets.row import Row
from screens.widgets.rows import FieldRows, Rows
from wizard.answers.catalogue import CATALOGUE, Blocklist
from wizard.answers.field import Field
from wizard.answers.form import CUSTOM, Text
from wizard.postfix.other_lists import by_place, of_host
from wizard.secrets import MASK, masked
from wizard.text import printable

if TYPE_CHECKING:
    from wizard.dns.blocklists import Health

OWN_LISTS = Field(
    "blocklists",
    CUSTOM,
    "list",
    "Lists of your own",
    help="ZONE, ZONE=REPLIES or ZONE=REPLIES:KIND; the kinds are client, sender, helo.",
)
"""The field for [[blocklists.custom]], with one list a line."""

LABEL = 42
"""Cells for a list's box and label, so that the states are in a column."""


class Boxes(FieldRows):
    """The catalogue with a box each."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pick", "On/off", tooltip="Use the blocklist, or use it no longer."),
    ]
    CLICKS: ClassVar[tuple[str, str]] = ("pick", "pick")


class CatalogueField(FormField):
    """A box for each list of the catalogue, with its state."""

    def __init__(self, field: Field, used: Iterable[str]) -> None:
        super().__init__(field)
        self._used = set(used)
        self._states: Mapping[str, str] = {}

    def control(self) -> Widget:
        """Make the list of lists."""
        return Boxes(self._rows())

    def _rows(self) -> list[Row]:
        rows = []
        for one in CATALOGUE:
            state = self._states.get(one.name, "")
            text = f"  [{'x' if one.name in self._used else ' '}] {one.label}"
            look = "wrong" if state not in _CALM else "quiet"
            rows.append(Row(f"{text:<{LABEL}}", "", one.name, f" {state}", look))
        return rows

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

    def leave_out(self, names: Collection[str]) -> None:
        """Stop using these lists."""
        self._used -= set(names)
        self._changed()

    def show_states(self, states: Mapping[str, str]) -> None:
        """Show the state of each list, by its name."""
        self._states = states
        self.query_one(Rows).show(self._rows())

    def _changed(self) -> None:
        self.query_one(Rows).show(self._rows())
        self.post_message(self.Edited(self, self.text))

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Use a list, or stop using it."""
        event.stop()
        self._used ^= {event.row.key}
        self._changed()


_CALM = {"", "works", "asking...", "needs a key"}


class BlocklistsScreen(FormScreen):
    """The lists with their states, and the rows of sender_access."""

    PLACE: ClassVar[str] = "blocklists"
    HELP_TEXT: ClassVar[str] = (
        "These lists are asked last, after your own rows in sender_access. A row that lets a "
        "sender past the lists never lets it past the rule against relaying. Your own domain "
        "does not belong there: whoever forges it would pass every list. Each list is asked now, "
        "through this host's own resolver, for what it must list and what it must not. Terms: "
    ) + " ".join(dict.fromkeys(f"{one.label.split(':')[0]}: {one.terms}." for one in CATALOGUE))

    def fields(self) -> Iterable[Widget]:
        """Make the boxes and three lists."""
        self._lists = Lists(self.draft, self.desk)
        self._leaving = ""
        self._elsewhere = of_host(self.draft.host)
        yield CatalogueField(self.field("use"), self.draft.text("blocklists", "use"))
        for place in by_place(self._elsewhere):
            yield Line(printable(f"Also in {place.where} (stays): {place.zones}"), "quiet")
        yield self.line("dqs_key_file")
        allowed, refused = self.field("allow_senders"), self.field("reject_senders")
        for field, adds in ((OWN_LISTS, "list"), (allowed, "allowed"), (refused, "refused")):
            yield ItemField(field, tuple(self.draft.text("blocklists", field.name)), adds=adds)

    def on_mount(self) -> None:
        """Query the lists as soon as they are visible."""
        self._show_key_file()
        self._ask()

    def _ask(self) -> None:
        zones = self._lists.to_ask()
        self._show_health()
        if not zones:
            return
        session, host = self.desk.session, self.draft.host
        key_file = self.text_of("dqs_key_file")

        def query() -> tuple[Health, ...]:
            return session.ask_lists(zones, host, key_file)

        in_background(self, query, self._record)

    def _record(self, found: tuple[Health, ...]) -> None:
        """Show the state of the lists, and continue if the operator waits to go on."""
        self._lists.record(found)
        self._show_health()
        self.show_foot()
        if self._leaving:
            self._leave(self._leaving)

    def on_failed(self, message: Failed) -> None:
        """Mark the lists as failed. A list that could not be queried counts as one without an answer."""
        message.stop()
        self._lists.gave_up(message.text)
        self._show_health()

    def _show_key_file(self) -> None:
        """Show the field for the key's file only if a list needs it."""
        used = self.draft.text("blocklists", "use")
        keyed = any(MASK in one.zone for one in CATALOGUE if one.name in used)
        self.query_one(TextField).display = keyed

    def _show_health(self) -> None:
        self.query_one(CatalogueField).show_states(self._lists.states)
        self._own_lists.remark(self._lists.states)

    @property
    def _own_lists(self) -> ItemField:
        return next(one for one in self.query(ItemField) if one.field is OWN_LISTS)

    def edited(self, field: Field) -> None:
        """Query a new list of the operator's own. Ask before a list is used that does not work."""
        self._leaving = ""
        if field.name == CUSTOM:
            self._ask()
        if field.name == "dqs_key_file" and not self.draft.checked("blocklists")[1]:
            self._lists.forget_keyed()
            self._ask()
        if field.name == "use":
            self._show_key_file()
        if field.name in {"use", CUSTOM}:
            self._doubt("")

    def leave_for(self, place: str) -> None:
        """Continue once all lists work, or the operator wants them all the same."""
        if self._settled():
            self._leave(place)

    def _leave(self, place: str) -> None:
        self._leaving = place
        if self._lists.waiting:
            self.say_foot("", "The lists are being asked: a moment, please.", "quiet")
        elif not self._doubt(place):
            self._leaving = ""
            super().leave_for(place)

    def _doubt(self, place: str) -> bool:
        """Ask about lists in use that do not work. Return False if all work."""
        doubtful = self._lists.doubtful(begun=bool(place))
        if not doubtful:
            return False
        self._leaving = ""
        names = [name for name, _ in doubtful]

        def use() -> None:
            self.desk.doubted.update(names)
            if place:
                self._leave(place)

        one = len(doubtful) == 1
        text = "\n".join(f"{masked(name)}: {words}" for name, words in doubtful)
        title = f"Use {'this list' if one else 'these lists'} all the same?"
        ask(self.app, title, text, use, lambda: self._do_without(names, place), close=lambda: None)
        return True

    def _do_without(self, names: Collection[str], place: str) -> None:
        """Stop using these lists, and continue to the screen that the operator wanted."""
        self._leave_out(names)
        if place:
            self._leave(place)

    def _leave_out(self, names: Collection[str]) -> None:
        for field in ("use", CUSTOM):
            # Both at once: each widget posts its edit later, which would ask about the other's.
            used = self.draft.text("blocklists", field)
            remaining = tuple(one for one in used if one not in names)
            self.draft.set("blocklists", field, remaining)
        self.query_one(CatalogueField).leave_out(names)
        self._own_lists.leave_out(names)

    def advice(self, form_field: FormField) -> str:
        """Return why a list does not work, else its weakness."""
        if isinstance(form_field, CatalogueField) and form_field.current:
            current = form_field.current
            places = [
                one.where for one in self._elsewhere if one.zone == current.zone and one.in_force
            ]
            twice = f"Also in {places[0]}: used here too, it is queried twice. " if places else ""
            return twice + (self._lists.words(current.name) or current.weakness)
        return super().advice(form_field)
