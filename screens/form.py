"""A form for one or more sections: fields, and a foot that explains the focused one."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Iterable, Optional, Sequence

from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widget import Widget

from screens.desk import Desk
from screens.frame import WizardScreen
from screens.messages import Typed
from screens.parts import fill_others, leave_own_part
from screens.places import place
from screens.preview import preview, taken_as
from screens.problems import mark_at, marks_of, others_wrong, problems_of
from screens.secret import Secrets
from screens.widgets.field import WRONG, FormField, TextField, fields_in
from screens.widgets.foot import Foot
from screens.widgets.items import ItemField
from screens.widgets.line import Line
from screens.widgets.moving import page_away
from screens.widgets.rows import Rows
from screens.widgets.scrolling import position
from wizard.answers.field import Field
from wizard.answers.fields import field_of
from wizard.answers.unsaid import Unsaid
from wizard.host.suggest import Suggestion

PAUSE = 0.6
"""Seconds after the last key until a value is checked."""

CAUTION = "CAUTION"
REPAIR_FIRST = " Repair this or clear it (^U) first."
"""After the error that stops the operator from going on."""


class FormScreen(WizardScreen):
    """A section's form. All typed text goes to the draft at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f2,ctrl+l",
            "suggest",
            "Found here",
            key_display="F2",
            tooltip="Show what this host suggests for the field; Enter takes one (also ^L).",
        ),
        Binding(
            "f4,ctrl+t",
            "secret",
            "Type it",
            key_display="F4",
            tooltip="Type the password or key, which is written to the file that is named here "
            "(also ^T).",
        ),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
    ]
    PLACE: ClassVar[str] = ""

    def __init__(self, desk: Desk) -> None:
        where = place(self.PLACE)
        super().__init__(desk, where.title, where.name)
        self.sections = where.sections
        self._refused = False
        self._pause: Optional[Timer] = None
        self._last_field: Optional[FormField] = None
        self._secrets = Secrets(dry_run=desk.wish.dry_run)
        self._stopped_at: Optional[FormField] = None
        """The wrong field that stopped the operator, until the next edit."""

    def field(self, name: str, section: str = "") -> Field:
        """Return the table's entry of a field of this screen."""
        found = field_of(section or self.sections[0], name)
        if found is None:
            raise KeyError(name)
        return found

    def text_of(self, name: str, section: str = "") -> str:
        """Return the text of a field."""
        return str(self.draft.text(section or self.sections[0], name))

    def line(self, name: str, section: str = "") -> TextField:
        """Make the field for one line, with its label on the same line."""
        return TextField(self.field(name, section), self.text_of(name, section), inline=True)

    def body(self) -> Iterable[Widget]:
        """Put the fields above the foot."""
        with Widget(id="form-area"):
            with Widget(id="form"):
                yield from self.fields()
            yield Line(id="beside")
        yield Line(look="quiet", id="form-more")
        yield Foot()

    @abstractmethod
    def fields(self) -> Iterable[Widget]:
        """Make the form's widgets: each form has its own."""

    def suggestions(self, field: Field) -> Sequence[Suggestion]:
        """Return what the host suggests for a text field."""
        del field
        return ()

    def on_mount(self) -> None:
        """Show the state of all fields and begin at the first."""
        for form_field in self.query(ItemField):
            field = form_field.field
            form_field.begin_with(self.draft.unfinished.get((field.section, field.name), ""))
            form_field.show_as(self.desk.listed.get((field.section, field.name)))
        form = self.query_one("#form")
        for watched in ("scroll_y", "virtual_size"):
            self.watch(form, watched, self._show_position, init=False)
        self.focus_body()
        self.show_fields()
        self.show_foot()

    def on_resize(self) -> None:
        """Show which lines are in sight at another size."""
        self.call_after_refresh(self._show_position)

    def _show_position(self) -> None:
        """Show which lines of the form are in sight, if these are not all."""
        form, line = self.query_one("#form"), self.query_one("#form-more", Line)
        # Its own line is the form's again when it is hidden.
        height, total, was = form.size.height, form.virtual_size.height, line.display
        line.display = total > height + int(was)
        if line.display and not was:
            self.call_after_refresh(self.scroll_to_focus)
        if line.display:
            line.say(position(int(form.scroll_y), height, total), "quiet")

    def on_screen_resume(self) -> None:
        """Watch the focus."""
        self.watch(self, "focused", self._focus_moved, init=False)
        self.show_foot()

    def _focus_moved(self) -> None:
        """Check the previous field, and explain the new one."""
        here = self.focused_field()
        if here is not self._last_field:
            leave_own_part(self.draft, self._last_field)
            self._last_field = here
            self.post_message(Typed())
            if self._pause is not None:
                self._pause.stop()
                self._pause = None
                self.show_fields()
        self.at_rest(self.show_foot)

    def on_form_field_edited(self, event: FormField.Edited) -> None:
        """Store the text in the draft. Check it at once, or when the typing pauses.

        A check at every key would turn marks on and off: half a name is always wrong, and over a
        slow line each mark costs more than the key.
        """
        event.stop()
        form_field, field = event.form_field, event.form_field.field
        self._refused = False
        self._stopped_at = None
        in_list = isinstance(form_field, ItemField) and event.typed
        if isinstance(form_field, ItemField):
            self.draft.begin_item(field.section, field.name, form_field.entered)
        if not in_list:
            self.draft.set(field.section, field.name, event.text)
            fill_others(self, event.form_field)
            self.edited(field)
            self._show_previews()
        if self._pause is not None:
            self._pause.stop()
            self._pause = None
        if event.typed:
            foot = self.query_one(Foot)
            if form_field.problem or foot.says_wrong:
                form_field.mark("")
                foot.clear()
            self._pause = self.set_timer(PAUSE, self._paused)
        else:
            self.show_fields()
            self.post_message(Typed())
        if event.done:
            # Only now, since the fields that are shown can depend on the value.
            self._go_on()

    def _paused(self) -> None:
        self._pause = None
        self.post_message(Typed())
        here = self.focused_field()
        if here is not None:
            here.show_was(self.was_of(here))
            marks = marks_of(self.draft, self.sections)
            here.problem = mark_at(self.draft, here, marks, refused=self._refused)
        self.refresh_bindings()
        self.show_foot()

    @property
    def is_typing(self) -> bool:
        """True until the typing pauses, or the focus moves."""
        return self._pause is not None

    def edited(self, field: Field) -> None:
        """Let other fields follow this one."""

    def show_fields(self) -> None:
        """Update the marks of all fields, the list at the left and the foot."""
        marks = marks_of(self.draft, self.sections)
        for form_field in fields_in(self):
            form_field.mark(mark_at(self.draft, form_field, marks, refused=self._refused))
            form_field.show_was(self.was_of(form_field))
        self._show_previews()
        self.show_states()
        self.refresh_bindings()
        self.at_rest(self.show_foot)

    def _show_previews(self) -> None:
        for form_field in fields_in(self):
            shown = preview(self.draft, form_field.field)
            form_field.show_preview(shown)
            if form_field.inline and form_field is self.focused_field():
                self.query_one(Foot).show_preview(shown)

    def was_of(self, form_field: FormField) -> str:
        """Return the text of the start if the present one differs; "" also for lists."""
        field = form_field.field
        began = self.draft.began_with(field.section, field.name)
        shown = began.live if isinstance(began, Unsaid) else began
        return shown if isinstance(shown, str) and shown != form_field.text else ""

    def focus_body(self) -> None:
        """Focus the first field; in a list, the line to add an item."""
        fields = [one for one in fields_in(self) if self.begin_at in ("", one.field.section)]
        first = next(iter(fields), None)
        if first is not None:
            self.focus_field(first, last=isinstance(first, ItemField))

    def focused_field(self) -> Optional[FormField]:
        """Return the focused field."""
        if self.focused is None:
            return None
        return next((a for a in self.focused.ancestors_with_self if isinstance(a, FormField)), None)

    def show_foot(self) -> None:
        """Show the problem of the focused field, else its purpose."""
        form_field = self.focused_field()
        if form_field is None:
            return
        wrong = form_field.problem
        shown = preview(self.draft, form_field.field) if form_field.inline else ""
        if isinstance(form_field, ItemField):
            wrong = form_field.item_problem or form_field.typed_problem or wrong
            if form_field.warning:
                self.say_foot(shown, f"{CAUTION}: {form_field.warning}", "caution", CAUTION)
                return
        if wrong:
            first = REPAIR_FIRST if form_field is self._stopped_at else ""
            self.say_foot(shown, f"{WRONG}: {wrong}{first}", "wrong", WRONG)
        else:
            self.say_foot(shown, self.advice(form_field), "quiet")

    def say_foot(self, shown: str, advice: str, look: str, words: str = "") -> None:
        """Write the foot's lines: the preview of an inline field, and the advice.

        `words` are those of the advice that have the look, "" for all.
        """
        self.drop_explanation()
        self.query_one(Foot).say(shown, advice, look, words)

    def advice(self, form_field: FormField) -> str:
        """Return the foot's text for a field without a problem."""
        found = self.suggestions(form_field.field)
        self._show_beside(found)
        more = f" F2: {len(found)} found on this host." if found else ""
        before = self.was_of(form_field) if form_field.inline else ""
        was = f" (was {before})" if before else ""
        help_text = form_field.sentence or form_field.field.help
        return (
            others_wrong(fields_in(self), form_field)
            + f"{taken_as(form_field.field, form_field.text)}{help_text}{more}{was}"
            + self._secrets.hint(form_field)
        )

    def _show_beside(self, found: Sequence[Suggestion]) -> None:
        """On a wide terminal, show the suggestions beside the form."""
        lines = ["Found on this host (F2):"] if found else []
        for one in found:
            lines += ["", one.value, f"  {one.why}"]
        self.query_one("#beside", Line).say("\n".join(lines))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Offer suggestions and the typing of a secret only for fields that have them."""
        if action == "suggest":
            form_field = self.focused_field()
            return form_field is not None and bool(self.suggestions(form_field.field))
        if action == "secret":
            here = self.focused_field()
            return here is not None and self._secrets.at(here) is not None
        return super().check_action(action, parameters)

    def action_suggest(self) -> None:
        """Let the operator choose one of the host's suggestions."""
        from screens.ask import pick  # noqa: PLC0415 - only when it is needed

        form_field = self.focused_field()
        if form_field is not None:
            field = form_field.field
            pick(self.app, field.label, self.suggestions(field), form_field.put)

    def action_secret(self) -> None:
        """Let the operator type the secret for the file."""
        here = self.focused_field()
        if here is not None:
            self._secrets.type(self.app, here, lambda: self._secret_written(here))

    def _secret_written(self, form_field: FormField) -> None:
        self.edited(form_field.field)
        self.show_foot()

    def on_rows_moved(self, event: Rows.Moved) -> None:
        """Explain the row under the cursor."""
        event.stop()
        self.at_rest(self.show_foot)

    def on_item_field_warned(self, event: ItemField.Warned) -> None:
        """Say what the key would do."""
        event.stop()
        self.show_foot()

    def on_input_submitted(self) -> None:
        """Go on to the next field."""
        self._go_on()

    def _go_on(self) -> None:
        """Focus the next field; from the last one go to the next screen."""
        fields = [one for one in fields_in(self) if one.display]
        here = self.focused_field()
        if here is not None and fields and here is fields[-1]:
            self.action_next()
        else:
            self.focus_next()

    def action_page(self, by: int) -> None:
        """Focus a field one page further, or the first or last one."""
        here = self.focused_field()
        fields = [one for one in fields_in(self) if one.display]
        if here is None or not fields:
            return
        to = page_away(fields, here, by * max(1, self.query_one("#form").size.height - 1))
        if to is not here:
            self.focus_field(to, last=isinstance(to, ItemField))

    def action_next(self) -> None:
        """Go to the next screen if this section is valid, else to the first problem."""
        if not self._settled():
            return
        self._refused = True
        self.show_fields()
        problems = problems_of(self.draft, self.sections)
        marked = (one for one in fields_in(self) if one.problem)
        wrong = next(
            (one for one in marked if (one.field.section, one.field.name) in problems), None
        )
        if wrong is not None:
            self._stop_at(wrong)
            return
        self.draft.seen.update(self.sections)
        super().action_next()

    def leave_for(self, place: str) -> None:
        """Add typed text that was not entered yet, and go to another screen."""
        if self._settled():
            for one in self.query(ItemField):
                self.desk.listed[one.field.section, one.field.name] = one.shown
            super().leave_for(place)

    def _settled(self) -> bool:
        for form_field in fields_in(self):
            if not form_field.settle():
                self._stop_at(form_field, last=True)
                return False
            self.draft.begin_item(form_field.field.section, form_field.field.name, "")
        return True

    def _stop_at(self, form_field: FormField, *, last: bool = False) -> None:
        """Go to a wrong field instead of another screen, and say why."""
        self._stopped_at = form_field
        self.focus_field(form_field, last=last)

    def focus_field(self, form_field: FormField, *, last: bool = False) -> None:
        """Focus a field's first widget, or its last."""
        inside = [widget for widget in form_field.query("*") if widget.focusable]
        if inside:
            self.set_focus(inside[-1 if last else 0])
        self.show_foot()
