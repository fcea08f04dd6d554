"""Hostname: the name of this mail server, its domain, the origin of local mail."""

from __future__ import annotations

from typing import ClassVar, Iterable, Sequence

from textual.widget import Widget

from screens.form import FormScreen
from screens.widgets.field import TextField
from wizard.answers.sections import Field, fields_of
from wizard.host.suggest import Suggestion, domains, hostnames


class HostnameScreen(FormScreen):
    """The first section: all others build on it."""

    PLACE: ClassVar[str] = "hostname"
    HELP_TEXT: ClassVar[str] = (
        "Other mail servers see this name in the banner, in EHLO and in the MX record. It must "
        "resolve to this host. Leave the domain empty and it follows the name."
    )

    def fields(self) -> Iterable[Widget]:
        """Make one line for each name."""
        for field in fields_of("hostname"):
            yield TextField(field, self.held(field.name))

    def suggestions(self, field: Field) -> Sequence[Suggestion]:
        """Suggest names that the host or its certificates have."""
        if field.name == "myhostname":
            return hostnames(self.draft.host)
        if field.name == "mydomain":
            return domains(self.draft.host, self.held("myhostname"))
        return (
            Suggestion("$myhostname", "user@mail.example.com"),
            Suggestion("$mydomain", "user@example.com"),
        )
