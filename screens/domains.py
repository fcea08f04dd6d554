"""Domains: the local names besides the host's own."""

from __future__ import annotations

from typing import ClassVar, Iterable

from textual.widget import Widget

from screens.background import in_background
from screens.form import FormScreen
from screens.widgets.items import ItemField
from wizard.answers.build import default_mydomain
from wizard.host.suggest import Suggestion, mail_names


class DomainsScreen(FormScreen):
    """The form for the names in mydestination."""

    PLACE: ClassVar[str] = "domains"
    HELP_TEXT: ClassVar[str] = (
        "Mail for these names is delivered here. Every name whose MX record points to this "
        "server belongs in the list; $myhostname, localhost and $mydomain always do. "
        "Many names can be pasted at once, one a line or with commas between."
    )

    def fields(self) -> Iterable[Widget]:
        """Make the list."""
        taken = tuple(self.draft.text("domains", "local"))
        yield ItemField(self.field("local"), taken, self._from_certificates(), adds="domain")

    def on_mount(self) -> None:
        """Read the zones of this host's named in a thread."""
        host = self.draft.host
        if not host.zones:
            return
        name = str(self.draft.text("hostname", "myhostname"))
        zone_file = str(self.draft.text("dns", "zone_file"))
        in_background(self, lambda: mail_names(host, name, zone_file), self._offer)

    def _offer(self, found: tuple[Suggestion, ...]) -> None:
        """Offer the names below the present ones."""
        own = {self.draft.values("hostname").get(name) for name in ("myhostname", "mydomain")}
        names = [one for one in found if one.value not in {*own, self._mydomain()}]
        self.query_one(ItemField).offer(names)

    def _mydomain(self) -> str:
        return default_mydomain(str(self.draft.text("hostname", "myhostname")))

    def _from_certificates(self) -> list[Suggestion]:
        answers = self.draft.values("hostname")
        own = {answers.get("myhostname"), answers.get("mydomain")}
        return [
            Suggestion(name, f"in the certificate of {lineage.name}")
            for lineage in self.draft.host.lineages
            for name in lineage.names
            if not name.startswith("*.") and name not in own and name != lineage.name
        ]
