"""Hostname: the name of this mail server, its domain, the origin of local mail."""

from __future__ import annotations

from typing import ClassVar, Iterable, Optional, Sequence

from textual.binding import Binding, BindingType
from textual.widget import Widget

from screens.form import FormScreen
from screens.widgets.field import TextField
from wizard.answers.build import default_mydomain
from wizard.answers.field import Field
from wizard.answers.fields import fields_of
from wizard.answers.model import Answers
from wizard.answers.sections.hostname import Hostname
from wizard.host.suggest import Suggestion, domains, hostnames


class HostnameScreen(FormScreen):
    """The first section: all others build on it."""

    PLACE: ClassVar[str] = "hostname"
    HELP_TEXT: ClassVar[str] = (
        "Other mail servers see this name in the banner, in EHLO and in the MX record. It must "
        "resolve to this host. Leave the domain empty and it follows the name."
    )

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "f3,ctrl+o",
            "records",
            "DNS",
            key_display="F3",
            tooltip="Ask the DNS what it says of this name, and show the records it should have "
            "(also ^O).",
        ),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Offer the DNS query only for a valid name."""
        if action == "records":
            return not self.draft.checked("hostname")[1]
        return super().check_action(action, parameters)

    def action_records(self) -> None:
        """Show the DNS records in a window, with the other answers if they are valid."""
        from screens.records import RecordsScreen  # noqa: PLC0415 - only when it is needed

        given, _ = self.draft.checked("hostname")
        host = str(given["myhostname"])
        named = Hostname(host, str(given.get("mydomain") or default_mydomain(host)))
        whole = self.draft.answers()
        answers = whole if isinstance(whole, Answers) else Answers(named)
        self.app.push_screen(RecordsScreen(self.desk, lambda: answers))

    def edited(self, field: Field) -> None:
        """Forget the rows of lists: some suggestions depend on the names."""
        del field
        self.desk.listed.clear()

    def fields(self) -> Iterable[Widget]:
        """Make one line for each name."""
        for field in fields_of("hostname"):
            yield TextField(field, self.text_of(field.name))

    def suggestions(self, field: Field) -> Sequence[Suggestion]:
        """Suggest names of the host and of its certificates."""
        if field.name == "myhostname":
            return hostnames(self.draft.host)
        if field.name == "mydomain":
            return domains(self.draft.host, self.text_of("myhostname"))
        return (
            Suggestion("$myhostname", "user@mail.example.com"),
            Suggestion("$mydomain", "user@example.com"),
        )
