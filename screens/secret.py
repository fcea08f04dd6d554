"""A window in which the operator types a secret. It is written to a file of its own."""

from __future__ import annotations

from typing import Any, Callable, ClassVar, Iterable, Mapping, Optional

from textual.app import App
from textual.binding import Binding, BindingType
from textual.widget import Widget

from screens.modal import Window
from screens.widgets.entry import Entry
from screens.widgets.field import WRONG, FormField
from screens.widgets.line import Line
from wizard.answers.field import Field
from wizard.answers.rules.paths import key_file
from wizard.errors import Trouble
from wizard.host.secret_file import DQS_KEY, RELAY_PASSWORD, SecretKind

SECRETS: Mapping[tuple[str, str], SecretKind] = {
    ("blocklists", "dqs_key_file"): DQS_KEY,
    ("relay", "password_file"): RELAY_PASSWORD,
}
"""By section and field: the kind of secret in the named file."""


def secret_of(field: Field, path: str) -> Optional[SecretKind]:
    """Return the kind of secret in a field's file; None without one, or for an invalid path."""
    kind = SECRETS.get((field.section, field.name))
    try:
        key_file(path)
    except ValueError:
        return None
    return kind


class Secrets:
    """The secrets of a form: which field names the file of one, and which were written here."""

    def __init__(self, *, dry_run: bool) -> None:
        self._dry_run = dry_run
        self._written: set[str] = set()

    def at(self, form_field: FormField) -> Optional[tuple[str, SecretKind]]:
        """Return the file that a field names, and the kind of its secret; None in a dry run."""
        path = str(form_field.text)
        kind = None if self._dry_run else secret_of(form_field.field, path)
        return None if kind is None else (path, kind)

    def hint(self, form_field: FormField) -> str:
        """Return what the foot says of the key, "" for a field without a secret."""
        found = self.at(form_field)
        if found is None:
            return ""
        path, kind = found
        wrote = path in self._written
        return f" F4 wrote the {kind.what} there." if wrote else " F4: type it here."

    def type(self, app: App[Any], form_field: FormField, then: Callable[[], object]) -> None:
        """Let the operator type the secret of a field; call `then` once it is written."""
        found = self.at(form_field)
        if found is None:
            return
        path, kind = found

        def written(done: Optional[bool]) -> None:
            if done:
                self._written.add(path)
                then()

        app.push_screen(SecretScreen(path, kind), written)


_EXPLANATION = (
    "Enter writes it to {path} at once, for root alone (mode 0600). It is shown as *, and told "
    "nowhere else. Undo leaves the file there."
)


class SecretEntry(Entry):
    """The line for the secret."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Write it", tooltip="Write it to the file, for root alone."),
    ]


class SecretScreen(Window[bool]):
    """Closes with True once the secret is written."""

    AUTO_FOCUS: ClassVar[str] = "Entry"

    def __init__(self, path: str, kind: SecretKind) -> None:
        super().__init__(f"The {kind.what} for {path}")
        self._text = _EXPLANATION.format(path=path)
        self._path, self._kind = path, kind

    def body(self) -> Iterable[Widget]:
        """Make the explanation, the line for the secret, and a line for an error."""
        yield Line(self._text, "quiet", id="window-text")
        yield SecretEntry(password=True)
        yield Line(id="secret-says")

    def on_input_submitted(self, event: Entry.Submitted) -> None:
        """Write the secret. On an error empty the line and show why."""
        from wizard.run.keep_secret import keep_secret  # noqa: PLC0415 - only when it is needed

        event.stop()
        try:
            keep_secret(self._path, self._kind, event.value)
        except Trouble as trouble:
            event.input.value = ""
            self.query_one("#secret-says", Line).say(f"{WRONG}: {trouble}", "wrong", WRONG)
        else:
            self.dismiss(True)
