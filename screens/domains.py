"""Domains: the names that are local besides the host's own."""

from __future__ import annotations

from typing import ClassVar, Iterable

from textual.widget import Widget

from screens.form import FormScreen
from screens.widgets.items import ItemField
from wizard.host.suggest import Suggestion


class DomainsScreen(FormScreen):
    """What mydestination names."""

    PLACE: ClassVar[str] = "domains"
    HELP_TEXT: ClassVar[str] = (
        "Mail for these names is delivered here. Every name whose MX record points to this "
        "server belongs in the list; $myhostname, localhost and $mydomain always do. "
        "Many names can be pasted at once, one a line or with commas between."
    )

    def fields(self) -> Iterable[Widget]:
        """Make the list."""
        taken = tuple(self.draft.text("domains", "local"))
        yield ItemField(self.field("local"), taken, self._from_certificates())

    def _from_certificates(self) -> list[Suggestion]:
        answers = self.draft.values("hostname")
        own = {answers.get("myhostname"), answers.get("mydomain")}
        return [
            Suggestion(name, f"in the certificate of {lineage.name}")
            for lineage in self.draft.host.lineages
            for name in lineage.names
            if not name.startswith("*.") and name not in own and name != lineage.name
        ]
