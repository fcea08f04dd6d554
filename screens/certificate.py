"""Certificate: a lineage from here or from the present server, a new one, or a self-signed one."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import ClassVar, Iterable

from textual.binding import Binding, BindingType
from textual.widget import Widget

from screens.background import in_background
from screens.form import FormScreen
from screens.widgets.field import ChoiceField, FormField, ListedChoiceField, TextField, fields_in
from screens.widgets.line import Line
from screens.widgets.row import Row
from screens.widgets.rows import FieldRows, Rows
from wizard.answers.field import Field
from wizard.certificates.dates import day
from wizard.certificates.model import CertificatePair
from wizard.host.suggest import CertificateSuggestion, certificates

MAX_NAME_CELLS = 24
"""Cells for a lineage's name, so that the dates are in a column."""


LINEAGES = "lineages"
SHOWN: dict[str, frozenset[str]] = {
    "letsencrypt": frozenset({LINEAGES, "name"}),
    "remote": frozenset({LINEAGES, "name", "host", "existing"}),
    "certbot": frozenset({"name", "challenge", "webroot", "email", "server", "existing"}),
    "files": frozenset({"cert_file", "key_file"}),
    "self-signed": frozenset({"days"}),
}
"""By source, the fields that it needs, and the list of lineages."""


class Lineages(FieldRows):
    """The lineages of this host; Enter or the space bar takes one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pick", "Choose", tooltip="Choose this lineage."),
    ]
    CLICKS: ClassVar[tuple[str, str]] = ("pick", "pick")


class CertificateScreen(FormScreen):
    """The form for the server's certificate."""

    PLACE: ClassVar[str] = "certificate"
    HELP_TEXT: ClassVar[str] = (
        "The certificate must cover the name of this server, or senders and mail programs will "
        "complain. Lineages are certbot's directories in /etc/letsencrypt/live; the run repairs "
        "one that was copied without its links. remote copies /etc/letsencrypt from the present "
        "server by scp, in a run of its own, and judges each certificate before it is used. "
        "certbot has a new one issued here, for this server's name and the lineage's, in a run of "
        "its own too; port 80 must come through from the internet for as long as it takes. A "
        "self-signed certificate is good for a trial."
    )

    _is_named_after_host = False
    """True while the name of the certificate is the server's, and nobody typed it."""

    def fields(self) -> Iterable[Widget]:
        """Make the choices, the list of lineages, and the lines."""
        self._choose_best()
        yield ListedChoiceField(self.field("source"), self.text_of("source"))
        yield self.line("host")
        yield ChoiceField(self.field("existing"), self.text_of("existing"))
        yield Line("", id="lineages-label")
        yield Lineages(self._rows(), id="lineages")
        yield TextField(self.field("name"), self.text_of("name"))
        yield ChoiceField(self.field("challenge"), self.text_of("challenge"))
        yield from map(self.line, ("webroot", "email", "server", "cert_file", "key_file", "days"))

    def _choose_best(self) -> None:
        """For a first set-up, choose a new certificate if this host has none that could be used."""
        untouched = not ({"certificate"} & self.draft.seen or self.draft.is_changed("certificate"))
        if self.draft.first and untouched and not self._usable():
            self.draft.set("certificate", "source", "certbot")
        self._name_after_host()

    def _name_after_host(self) -> None:
        """Give a new certificate of a first set-up the server's name, if it has no name yet.

        From then on it follows the server's name, until another one is typed. Another source does
        not get that name.
        """
        host = str(self.draft.checked("hostname")[0].get("myhostname", ""))
        is_new = self.draft.first and self.text_of("source") == "certbot"
        if is_new and host and not self.text_of("name"):
            self.draft.set("certificate", "name", host)
            self._is_named_after_host = True
        elif not is_new and self._is_named_after_host:
            self._is_named_after_host = False
            if self.text_of("name") == host:
                self.draft.set("certificate", "name", "")

    def _usable(self) -> tuple[CertificateSuggestion, ...]:
        """Return the lineages that could be used now, the best one first."""
        found = self._suggested()
        return tuple(one for one in found if not (one.expired or one.lineage.problem))

    def _reason(self, source: str) -> str:
        """Return what this host has that speaks for a source."""
        host = self.draft.text("hostname", "myhostname")
        best = next((one for one in self._usable() if one.covers), None)
        if source == "letsencrypt" and best is not None:
            until = day(best.lineage.not_after)
            return f"Found here: {best.lineage.name}, covers {host}, until {until}."
        if source == "certbot" and best is None:
            return f"No certificate of this host covers {host}."
        return ""

    def advice(self, form_field: FormField) -> str:
        """Return the help, and what speaks for the source under the cursor, which has its own sentence."""
        said = super().advice(form_field)
        if not isinstance(form_field, ListedChoiceField):
            return said
        return f"{said} {self._reason(form_field.current)}".rstrip()

    def was_of(self, form_field: FormField) -> str:
        """Return the old value; of a first set-up the source has none, since it is chosen here."""
        is_chosen = self.draft.first and isinstance(form_field, ListedChoiceField)
        return "" if is_chosen else super().was_of(form_field)

    def on_mount(self) -> None:
        """Show only what the source needs."""
        self._show_source()
        self._read_pair()

    def _read_pair(self) -> None:
        """Read the two files in a thread, if they are named: a form must not wait for a disk."""
        cert_file, key_file = self.text_of("cert_file"), self.text_of("key_file")
        wrong = {one.name for one in self.draft.checked("certificate")[1]}
        is_named = cert_file and key_file and not wrong & {"cert_file", "key_file"}
        if self.text_of("source") == "files" and is_named:
            session = self.desk.session
            # The app hears the answer, since this screen may be closed by then.
            in_background(
                self.app, lambda: session.certificate_pair(cert_file, key_file), self._judge_pair
            )

    def _judge_pair(self, pair: CertificatePair) -> None:
        """Show what is wrong with the pair, unless something is being typed."""
        draft = self.desk.draft
        if draft is None:
            return
        draft.host = replace(draft.host, own_pair=pair)
        if self.is_current and not self.is_typing:
            self.show_fields()

    def _suggested(self) -> tuple[CertificateSuggestion, ...]:
        """List the lineages of this host, and those that a gather run has brought from the source."""
        host = self.draft.host
        gathered = host.gathered_from(self.text_of("source"))
        if gathered is not None:
            known = {one.name: one for one in (*host.lineages, *gathered.lineages)}
            host = replace(host, lineages=tuple(known.values()))
        return certificates(host, str(self.draft.text("hostname", "myhostname")), int(time.time()))

    def _say_lineages(self) -> None:
        count = len(self._suggested())
        gathered = self.draft.host.gathered_from(self.text_of("source"))
        place = "here or gathered" if gathered else "in /etc/letsencrypt/live"
        said = f"{count} lineage{'s' if count != 1 else ''} {place}:"
        if not count:
            said = "No lineage was found here."
        self.query_one("#lineages-label", Line).say(said)

    def _rows(self) -> list[Row]:
        chosen = self.text_of("name")
        found = self._suggested()
        wide = min(max((len(one.lineage.name) for one in found), default=0), MAX_NAME_CELLS)
        return [
            Row(
                f"  ({'x' if one.lineage.name == chosen else ' '}) {one.lineage.name:<{wide}}",
                "strong" if one.lineage.name == chosen else "",
                one.lineage.name,
                f"  {wrong}",
                "wrong",
                rest,
            )
            for one in found
            for wrong, rest in (self._words(one),)
        ]

    def _words(self, one: CertificateSuggestion) -> tuple[str, str]:
        """Return what is wrong with a lineage in a few words, and the rest of its line."""
        if one.lineage.problem:
            return "UNUSABLE", f": {one.lineage.problem}"
        date = day(one.lineage.not_after)
        if one.expired:
            return "EXPIRED", f" on {date}{'' if one.covers else ', not for this name'}"
        if not one.covers:
            # There is no room for both. The foot names the links.
            return "NOT FOR THIS NAME", f", until {date}"
        return "", f"until {date}{', without its links' if one.lineage.link_faults else ''}"

    def show_foot(self) -> None:
        """Show the names in the certificate under the cursor."""
        # A widget hears later that it lost the focus.
        row = self.focused.current if isinstance(self.focused, Lineages) else None
        one = next((one for one in self._suggested() if row and one.lineage.name == row.key), None)
        if one is None:
            super().show_foot()
            return
        host = self.draft.text("hostname", "myhostname")
        fits = f"It covers {host}." if one.covers else f"It does NOT cover {host}."
        names = f"Its names: {', '.join(one.lineage.names) or 'none'}."
        faults = "; ".join(one.lineage.link_faults)
        links = (
            f" It was copied without its links; the run repairs that ({faults})." if faults else ""
        )
        self.say_foot("", f"{fits}{links} {names}", "quiet")

    def on_rows_chosen(self, event: Rows.Chosen) -> None:
        """Take a lineage."""
        if not isinstance(event.rows, Lineages):
            return
        event.stop()
        for form_field in self.query(TextField):
            if form_field.field.name == "name":
                form_field.put(event.row.key)
        if not event.toggled:
            self.focus_next()

    def edited(self, field: Field) -> None:
        """Mark the chosen name in the list, and show the fields of the chosen source."""
        self.query_one(Lineages).show(self._rows())
        if field.name == "source":
            self._name_after_host()
            self._show_name()
        if field.name in {"source", "challenge"}:
            self._show_source()
        if field.name in {"source", "cert_file", "key_file"}:
            self._read_pair()

    def _show_name(self) -> None:
        for form_field in self.query(TextField):
            if form_field.field.name == "name" and form_field.text != self.text_of("name"):
                form_field.show(self.text_of("name"))

    def _show_source(self) -> None:
        self._say_lineages()
        shown = SHOWN.get(self.text_of("source"), frozenset())
        self.query_one("#lineages-label").display = LINEAGES in shown
        self.query_one(Lineages).display = LINEAGES in shown and bool(self._suggested())
        for form_field in fields_in(self):
            name = form_field.field.name
            unused = name == "webroot" and self.text_of("challenge") != "webroot"
            form_field.display = (name in shown and not unused) or name == "source"
