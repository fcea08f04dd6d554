"""The window that offers answers of an earlier sitting, before any other screen opens."""

from __future__ import annotations

from typing import ClassVar, Iterable, Optional

from textual.binding import Binding, BindingType
from textual.widget import Widget

from screens.modal import Window
from screens.widgets.line import Line
from wizard.drafts.offer import Offer
from wizard.errors import harmless

TITLE = "Answers that were not run"
NO_DRAFT = "Answers of an earlier visit"


class OfferScreen(Window[bool]):
    """Closes with True to continue, False to start anew, and None to quit and decide later."""

    AUTO_FOCUS: ClassVar[str] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer(True)", "Continue", tooltip="Continue with these answers."),
        Binding("enter", "anew", "Start anew", tooltip="Begin without these answers."),
        Binding("g", "resume", "Continue", tooltip="Continue with the answers of the undone run."),
        Binding(
            "w",
            "answer(False)",
            "Start anew",
            tooltip="Begin without these answers. The draft stays until something else is typed.",
        ),
        Binding("escape", "answer(True)", "Continue", show=False),
        Binding("escape", "anew", "Start anew", show=False),
    ]

    def __init__(self, offer: Offer) -> None:
        super().__init__(TITLE if offer.draft is not None else NO_DRAFT)
        self._offer = offer

    def body(self) -> Iterable[Widget]:
        """Say what there is, and which key does what."""
        yield Line(harmless("\n".join(self._lines())), id="window-text")

    def _lines(self) -> Iterable[str]:
        yield from self._offer.says
        if self._offer.was_undone:
            yield "Enter begins without them, `g` continues with them. Nothing is run before the review."
        elif self._offer.draft is not None:
            yield "Enter continues, `w` starts anew. Nothing is run before the review."

    def check_action(self, action: str, parameters: tuple[object, ...]) -> Optional[bool]:
        """Offer to start anew only where there is something else. Enter does so after an undo."""
        was_undone = self._offer.was_undone
        if action in {"anew", "resume"}:
            return was_undone
        if action == "answer":
            return not was_undone and (self._offer.draft is not None or parameters == (True,))
        return True

    def action_answer(self, yes: bool) -> None:
        """Answer."""
        self.dismiss(yes)

    def action_anew(self) -> None:
        """Begin without the answers: few people want again what they have undone."""
        self.dismiss(False)

    def action_resume(self) -> None:
        """Continue with the answers of the undone run all the same."""
        self.dismiss(True)
