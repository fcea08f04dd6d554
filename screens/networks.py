"""Networks: who may relay, on which addresses Postfix listens, which firewall zone is opened."""

from __future__ import annotations

from typing import ClassVar, Iterable, Sequence

from textual.widget import Widget

from screens.form import FormScreen
from screens.widgets.field import ChoiceField
from screens.widgets.items import ItemField
from wizard.answers.field import Field
from wizard.answers.rules.networks import has_address, is_loopback
from wizard.host.suggest import LOOPBACK_BY_IPV6, Suggestion, networks, zones
from wizard.run.caller import find_caller


class NetworksScreen(FormScreen):
    """The form for networks, listening addresses and the firewall's zone."""

    PLACE: ClassVar[str] = "networks"
    HELP_TEXT: ClassVar[str] = (
        "Hosts in these networks may send anywhere through this server without a password, so "
        "every host in them must be yours. People send through ports 587 and 465 with a "
        "password, from anywhere, and need no network here."
    )

    def fields(self) -> Iterable[Widget]:
        """Make the list of networks, three lines, and the list of outer addresses."""
        taken = tuple(self.draft.text("networks", "mynetworks"))
        found = [*networks(self.draft.host), *self._by_ipv6()]
        self._login = find_caller().client
        yield ItemField(self.field("mynetworks"), taken, found, adds="network", danger=self._danger)
        yield self.line("inet_interfaces")
        yield ChoiceField(self.field("inet_protocols"), self.text_of("inet_protocols"))
        yield self.line("firewall_zone")
        outer = tuple(self.draft.text("networks", "proxy_interfaces"))
        yield ItemField(self.field("proxy_interfaces"), outer, (), adds="address")

    def _by_ipv6(self) -> Sequence[Suggestion]:
        """Return the row that is needed with the protocols as they are chosen now."""
        return () if self.text_of("inet_protocols") == "ipv4" else (LOOPBACK_BY_IPV6,)

    def edited(self, field: Field) -> None:
        """Offer the row of this host for the chosen protocols."""
        if field.name == "inet_protocols":
            self.query(ItemField).first().offer(self._by_ipv6())

    def _danger(self, item: str) -> str:
        """Return what is lost when a network is taken out."""
        if is_loopback(item):
            return f"{item} is this host itself: programs here could not send mail any more."
        if self._login and has_address(item, self._login):
            return f"You are logged in from {self._login}: mail from there would need a password."
        return ""

    def suggestions(self, field: Field) -> Sequence[Suggestion]:
        """Suggest the firewall's zones and this host's addresses."""
        if field.name == "firewall_zone":
            return zones(self.draft.host)
        if field.name == "inet_interfaces":
            addresses = self.draft.host.network.addresses
            return (
                Suggestion("all", "every address of this host"),
                Suggestion("loopback-only", "this host alone can connect"),
                *(Suggestion(address, "an address of this host") for address in addresses),
            )
        return ()
