"""More: root's mail, delivery, limits, DNS zone, relay host, Dovecot, hardening, old server, the policy."""

from __future__ import annotations

from typing import ClassVar, Iterable, Sequence

from textual.widget import Widget

from screens.desk import Desk
from screens.form import FormScreen
from screens.widgets.field import ChoiceField, FormField
from screens.widgets.items import ItemField
from screens.widgets.line import Line
from wizard.answers.field import Field
from wizard.answers.fields import fields_of
from wizard.answers.model import POLICY
from wizard.host.suggest import Suggestion, readers
from wizard.sections.registry import BY_NAME

MAX_INLINE_LETTERS = 14
"""Letters of choices that fit next to a label at 80 columns, with three boxes."""

KEEP, SET = "keep them", "set them"
POLICY_LINES = Field(
    "policy",
    "policy",
    "choice",
    "The wizard's own lines",
    help="Banner, TLS and SASL lines, VRFY, the frame of the restrictions, master.cf. A first set-up "
    "sets them; later they change by choice only, and the review shows how.",
    choices=(KEEP, SET),
)
"""Not an answer, but a choice for this plan: the section `policy`."""


class MoreScreen(FormScreen):
    """Sections for which the policy has good defaults."""

    PLACE: ClassVar[str] = "more"
    HELP_TEXT: ClassVar[str] = (
        "Name who reads root's mail: what nobody reads comes back after five days. "
        "All else has the wizard's own values, good for a personal server. The rate limits are far "
        "above normal use and bite only when an account is stolen. An emptied number takes its "
        "default. A relay host is needed where your provider blocks port 25, which `check` finds "
        "out: it takes all mail for others, under the user and password that it gave you."
    )

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        requested = desk.wish.sections
        if requested:
            # Sections that were not requested are not planned, so they are not shown.
            self.sections = tuple(one for one in self.sections if one in requested)

    def fields(self) -> Iterable[Widget]:
        """Make one line for each value."""
        for section in self.sections:
            yield Line(BY_NAME[section].heading, "strong", id=f"{section}-head")
            for field in fields_of(section):
                if field.kind == "choice":
                    below = sum(map(len, field.choices)) > MAX_INLINE_LETTERS
                    yield ChoiceField(field, self.text_of(field.name, section), below=below)
                elif field.kind == "list":
                    known = tuple(map(Suggestion, field.choices, field.says))
                    yield ItemField(field, tuple(self.draft.text(section, field.name)), known)
                else:
                    yield self.line(field.name, section)
        requested = self.desk.wish.sections
        if POLICY in requested or not (requested or self.draft.first):
            yield Line("Policy", "strong", id="policy-head")
            wanted = self.draft.policy or POLICY in requested
            yield ChoiceField(POLICY_LINES, SET if wanted else KEEP)

    def on_form_field_edited(self, event: FormField.Edited) -> None:
        """Store the choice of the policy. The base class stores all other fields."""
        if event.form_field.field is not POLICY_LINES:
            return
        event.stop()
        event.prevent_default()
        self.draft.policy = event.text == SET
        if POLICY in self.desk.wish.sections:
            # If it alone was requested, there would be nothing to plan without it.
            event.form_field.put(SET)

    def was_of(self, form_field: FormField) -> str:
        """Return the text of the start also for the choice of the policy, which is no answer."""
        if form_field.field is not POLICY_LINES:
            return super().was_of(form_field)
        began = SET if POLICY in self.desk.wish.sections else KEEP
        return began if began != form_field.text else ""

    def suggestions(self, field: Field) -> Sequence[Suggestion]:
        """Offer people of this host, Dovecot's delivery, named's zone files, and this host's addresses."""
        if field.name == "zone_file":
            return tuple(Suggestion(one.path, f"zone {one.name}") for one in self.draft.host.zones)
        if field.name == "move_to":
            return tuple(
                Suggestion(one, "an address of this host")
                for one in self.draft.host.network.addresses
                if ":" not in one and not one.startswith("127.")
            )
        if field.section == "aliases":
            return readers(self.draft.host)
        if field.name == "mailbox_transport":
            return (Suggestion("lmtp:unix:private/dovecot-lmtp", "Dovecot's LMTP socket"),)
        return ()
