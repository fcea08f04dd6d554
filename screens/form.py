"""A screen that asks one section or two: fields, and a foot that explains the one in focus."""

from __future__ import annotations

from typing import ClassVar, Iterable, Optional, Sequence

from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widget import Widget

from screens.desk import Desk
from screens.draft import Draft
from screens.frame import WizardScreen
from screens.places import place
from screens.preview import preview
from screens.secret import SecretScreen, secret_of
from screens.widgets.field import FormField
from screens.widgets.items import ItemField
from screens.widgets.line import Line
from wizard.answers.field import Field
from wizard.answers.fields import field_of
from wizard.host.secret_file import SecretKind
from wizard.host.suggest import Suggestion

PAUSE = 0.6
"""Seconds after the last key until a value is judged."""


class FormScreen(WizardScreen):
    """A section's form. Whatever is typed stands in the draft at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f2",
            "suggest",
            "Found here",
            id="suggest",
            tooltip="Show what this host suggests for the field; Enter takes one.",
        ),
        Binding(
            "f4",
            "secret",
            "Type it",
            id="secret",
            tooltip="Type the password or key, which is written to the file that is named here.",
        ),
    ]
    PLACE: ClassVar[str] = ""

    def __init__(self, desk: Desk) -> None:
        where = place(self.PLACE)
        super().__init__(desk, where.title, where.name)
        self.sections = where.sections
        self._refused = False
        self._pause: Optional[Timer] = None
        self._last_field: Optional[FormField] = None
        self._written: set[str] = set()

    @property
    def draft(self) -> Draft:
        """The answers; the host was read before any form opens."""
        if self.desk.draft is None:
            raise RuntimeError("a form was opened before the host was read")
        return self.desk.draft

    def field(self, name: str, section: str = "") -> Field:
        """Return the table's entry of a field of this screen."""
        found = field_of(section or self.sections[0], name)
        if found is None:
            raise KeyError(name)
        return found

    def text_of(self, name: str, section: str = "") -> str:
        """Return the text that a field holds."""
        return str(self.draft.text(section or self.sections[0], name))

    def body(self) -> Iterable[Widget]:
        """Put the fields above the foot."""
        with Widget(id="form"):
            yield from self.fields()
        with Widget(id="foot"):
            yield Line(id="foot-preview")
            yield Line(id="foot-advice")

    def fields(self) -> Iterable[Widget]:
        """Make the form's widgets: each form has its own."""
        # Not abc's abstractmethod: Textual's widgets have a metaclass of their own.
        raise NotImplementedError

    def suggestions(self, field: Field) -> Sequence[Suggestion]:
        """Return what the host suggests for a text field."""
        del field
        return ()

    def on_mount(self) -> None:
        """Show the state of all fields and begin at the first."""
        self.show_fields()
        self.focus_body()

    def on_screen_resume(self) -> None:
        """Follow the focus."""
        self.watch(self, "focused", self._focus_moved, init=False)
        self.show_foot()

    def _focus_moved(self) -> None:
        """Mark what was left behind, explain what was come to."""
        here = self.focused_field()
        if here is not self._last_field:
            self._last_field = here
            if self._pause is not None:
                self._pause.stop()
                self._pause = None
                self.show_fields()
        self.show_foot()

    def on_form_field_edited(self, event: FormField.Edited) -> None:
        """Put it into the draft; judge it at once, or when the typing pauses.

        Every key would else turn marks on and off: half a name is always wrong, and over a slow
        line each mark costs more than the key.
        """
        event.stop()
        form_field, field = event.form_field, event.form_field.field
        self._refused = False
        in_list = isinstance(form_field, ItemField) and event.typed
        if not in_list:
            self.draft.set(field.section, field.name, event.text)
            self.edited(field)
            self._show_previews()
        if self._pause is not None:
            self._pause.stop()
            self._pause = None
        if event.typed:
            self._pause = self.set_timer(PAUSE, self._paused)
        else:
            self.show_fields()

    def _paused(self) -> None:
        here = self.focused_field()
        if here is not None:
            here.problem = self._problem_of(here, self._problems())
        self.show_foot()

    def edited(self, field: Field) -> None:
        """Let other fields follow this one."""

    def show_fields(self) -> None:
        """Mark every field, the list at the left and the foot."""
        problems = self._problems()
        for form_field in self.query(FormField):
            form_field.mark(self._problem_of(form_field, problems))
        self._show_previews()
        self.show_states()
        self.show_foot()

    def _show_previews(self) -> None:
        for form_field in self.query(FormField):
            shown = preview(self.draft, form_field.field)
            form_field.show_preview(shown)
            if form_field.inline and form_field is self.focused_field():
                self.query_one("#foot-preview", Line).say(shown, "value")

    def _problem_of(self, form_field: FormField, problems: dict[tuple[str, str], str]) -> str:
        field = form_field.field
        if not form_field.text and not self._refused and self.draft.first:
            # Nothing was typed yet: the list says "to do", and that is enough.
            return ""
        return problems.get((field.section, field.name), "")

    def _problems(self) -> dict[tuple[str, str], str]:
        found: dict[tuple[str, str], str] = {}
        for section in self.sections:
            for problem in self.draft.problems(section):
                found.setdefault((section, problem.name), problem.message)
        return found

    def focus_body(self) -> None:
        """Begin at the first field; of a list, at the line to add."""
        fields = [one for one in self.query(FormField) if self.begin_at in ("", one.field.section)]
        first = next(iter(fields), None)
        if first is not None:
            self.focus_field(first, last=isinstance(first, ItemField))

    def focused_field(self) -> Optional[FormField]:
        """Return the field that the keys go to."""
        if self.focused is None:
            return None
        return next((a for a in self.focused.ancestors_with_self if isinstance(a, FormField)), None)

    def show_foot(self) -> None:
        """Explain the field in focus: what is wrong with it, else what it is for."""
        form_field = self.focused_field()
        if form_field is None:
            return
        wrong = form_field.problem
        if isinstance(form_field, ItemField):
            wrong = form_field.typed_problem or wrong
        shown = preview(self.draft, form_field.field) if form_field.inline else ""
        if wrong:
            self.say_foot(shown, f"WRONG: {wrong}.", "wrong")
        else:
            self.say_foot(shown, self.advice(form_field), "quiet")

    def say_foot(self, shown: str, advice: str, look: str) -> None:
        """Write the foot's lines: what a value becomes (where it is not said above), advice."""
        line = self.query_one("#foot-preview", Line)
        line.set_class(bool(shown), "-shown")
        line.say(shown, "value")
        self.query_one("#foot-advice", Line).say(advice, look)

    def advice(self, form_field: FormField) -> str:
        """Return what the foot says of a field that is not wrong."""
        found = len(self.suggestions(form_field.field))
        more = f" F2: {found} found on this host." if found else ""
        return form_field.field.help + more + self._typed()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Offer suggestions only where there are some."""
        if action == "suggest":
            form_field = self.focused_field()
            return form_field is not None and bool(self.suggestions(form_field.field))
        if action == "secret":
            return self._secret() is not None
        return super().check_action(action, parameters)

    def action_suggest(self) -> None:
        """Let the operator pick what the host suggests."""
        from screens.pick import PickScreen  # noqa: PLC0415 - only when it is asked for

        form_field = self.focused_field()
        if form_field is None:
            return

        def take(value: Optional[str]) -> None:
            if value is not None:
                form_field.put(value)

        found = self.suggestions(form_field.field)
        self.app.push_screen(PickScreen(form_field.field.label, found), take)

    def _secret(self) -> Optional[tuple[FormField, str, SecretKind]]:
        """The field in focus, its file, and what secret that holds; in a dry run none is written."""
        form_field = self.focused_field()
        if form_field is None or self.desk.wish.dry_run:
            return None
        path = str(form_field.text)
        kind = secret_of(form_field.field, path)
        return None if kind is None else (form_field, path, kind)

    def _typed(self) -> str:
        found = self._secret()
        if found is None:
            return ""
        _, path, kind = found
        return (
            f" F4 wrote the {kind.what} there." if path in self._written else " F4: type it here."
        )

    def action_secret(self) -> None:
        """Let the operator type what the file is to hold."""
        found = self._secret()
        if found is None:
            return
        form_field, path, kind = found

        def write(secret: str) -> None:
            self.desk.session.keep_secret(path, kind, secret)

        def written(done: Optional[bool]) -> None:
            if done:
                self.edited(form_field.field)
                self._written.add(path)
                self.show_foot()

        self.app.push_screen(SecretScreen(path, kind, write), written)

    def on_input_submitted(self) -> None:
        """Enter goes on to the next field, and from the last one to the next screen."""
        fields = list(self.query(FormField))
        here = self.focused_field()
        if here is not None and fields and here is fields[-1]:
            self.action_next()
        else:
            self.focus_next()

    def action_next(self) -> None:
        """Go on only when this section is right; else go to what is wrong."""
        if not self._settled():
            return
        self._refused = True
        self.show_fields()
        wrong = next((one for one in self.query(FormField) if one.problem), None)
        if wrong is not None:
            self.focus_field(wrong)
            return
        self.draft.seen.update(self.sections)
        super().action_next()

    def leave_for(self, place: str) -> None:
        """Take along what is typed but not entered."""
        if self._settled():
            super().leave_for(place)

    def _settled(self) -> bool:
        for form_field in self.query(FormField):
            if not form_field.settle():
                self.focus_field(form_field, last=True)
                return False
        return True

    def focus_field(self, form_field: FormField, *, last: bool = False) -> None:
        """Give the keys to a field's first widget, or its last."""
        inside = [widget for widget in form_field.query("*") if widget.focusable]
        if inside:
            inside[-1 if last else 0].focus()
        self.show_foot()
