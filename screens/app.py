"""The app: it opens screens and changes the state that they share."""

from __future__ import annotations

import gc
from importlib import import_module
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Optional, Union

from rich.console import RenderableType
from textual._compositor import CompositorUpdate
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, Screen

from screens import messages
from screens.background import post
from screens.click_driver import ClickDriver
from screens.desk import Desk, Wish
from screens.keeper import Keeper
from screens.key_queue import KeyQueue
from screens.painted import Painted
from screens.places import place
from screens.signals import exit_on_signals, terminal_attributes
from screens.terminal import PLAIN, Capabilities

if TYPE_CHECKING:
    from screens.frame import WizardScreen
    from wizard.drafts.draft import Draft
    from wizard.session import Session


class WizardApp(KeyQueue, inherit_bindings=False):
    """The screens over one session. Its result is the exit status."""

    CSS_PATH = "wizard.tcss"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+q",
            "leave",
            "Quit",
            key_display="^Q",
            priority=True,
            tooltip="Quit (also ^C, and q where no text is typed).",
        ),
        Binding("ctrl+c", "interrupt", "Quit", priority=True, show=False),
    ]

    def __init__(
        self,
        open_session: Callable[[], Session],
        wish: Wish,
        watch: str = "",
        terminal: Capabilities = PLAIN,
    ) -> None:
        super().__init__(ansi_color=True, driver_class=ClickDriver)
        self.capabilities = terminal
        self.set_class(terminal.has_shades, "-shades")
        self.theme = "ansi-dark"
        self.animation_level = "none"
        self.desk = Desk(open_session, wish)
        self.crash: Optional[Exception] = None
        self._watch_run = watch
        self._begin_at = messages.Again()
        """The form to open once the host is read again."""
        self._terminal = terminal_attributes()
        self._painted = Painted(erases=terminal.erases)
        self.keeper = Keeper(self.desk, lambda text: post(self, messages.NotStored(text)))

    def get_default_screen(self) -> Screen[Any]:
        """Begin with the requested screen, and none below it."""
        if self._watch_run:
            from screens.run import RunScreen  # noqa: PLC0415 - only when there is one

            return RunScreen(self.desk, self._watch_run)
        return self._make("host")

    def on_mount(self) -> None:
        """Install the signal handlers."""
        if not self.is_headless:
            exit_on_signals(self, self._terminal, self.keeper.keep)

    def on_resize(self) -> None:
        """Send all again: a terminal may lose cells with its size, or while another program has it."""
        self._painted.forget()
        self.screen.refresh()

    def _make(self, name: str) -> WizardScreen:
        module, _, kind = place(name).load.partition(":")
        # Only the visible screen is imported and built.
        make: Any = getattr(import_module(module), kind)
        screen: WizardScreen = make(self.desk)
        return screen

    def _open(self, name: str, section: str = "", came_from: str = "") -> None:
        screen = self._make(name)
        screen.begin_at, screen.came_from = section, came_from
        self._show(screen)

    def _show(self, screen: Screen[Any]) -> None:
        # The first screen is Textual's default one. It cannot be switched, so another is pushed on it.
        if len(self.screen_stack) == 1:
            self.push_screen(screen)
        else:
            self.switch_screen(screen)
        # Closed screens are reference cycles: a megabyte each until a collection.
        gc.collect()

    def on_go(self, message: messages.Go) -> None:
        """Open a screen. Before the host was read, only Host can be open."""
        if self.desk.draft is None:
            return
        self.keeper.keep()
        self._open(message.place, message.section, message.came_from)

    def on_again(self, message: messages.Again) -> None:
        """Drop all facts, and read the host again. What was typed is kept, and offered then."""
        self.keeper.keep()
        self.desk.forget()
        self._begin_at = message
        self._open("host")

    def on_host_read(self, message: messages.HostRead) -> None:
        """Store the facts. Offer the answers of an earlier sitting before the first screen opens."""
        desk = self.desk
        draft = message.opening.draft(message.host)
        desk.running, desk.runs, desk.to_undo = message.running, message.runs, message.to_undo
        desk.sit(message.host.network.hostname, message.user)
        offer = message.offer
        if offer is None or not offer.asks:
            if offer is not None and offer.draft is not None:
                draft.apply(offer.draft, desk.wish.sections)
                self.keeper.take_over(offer.draft.writer, continues=True)
            self._begin(draft)
            return
        from screens.offer import OfferScreen  # noqa: PLC0415 - only where there is one

        def answered(yes: Optional[bool]) -> None:
            if yes is None:
                self.exit(0)
                return
            if offer.draft is not None:
                if yes:
                    draft.apply(offer.draft, desk.wish.sections)
                self.keeper.take_over(offer.draft.writer, continues=yes)
            self._begin(draft)
            self.keeper.keep()

        self.push_screen(OfferScreen(offer), answered)

    def _begin(self, draft: Draft) -> None:
        """Open the first screen: the requested form or section, the list, or Host."""
        desk = self.desk
        desk.draft = draft
        wanted, self._begin_at = self._begin_at, messages.Again()
        waits = desk.running is not None or desk.early is not None
        if wanted.place and desk.running is None:
            self._open(wanted.place, wanted.section)
        elif desk.wish.sections or (desk.lists_sections and not waits):
            self._open(desk.places[0].name)
        else:
            # Help may be open on top of Host by now.
            for screen in self.screen_stack:
                screen.post_message(messages.HostLoaded())

    def on_planned(self, message: messages.Planned) -> None:
        """Store the plan in review, and the draft that it was made from."""
        self.desk.plan = message.plan
        self.desk.draft = message.draft or self.desk.draft

    def on_watch(self, message: Union[messages.Watch, messages.Launched]) -> None:
        """Open the screen of a run."""
        from screens.run import RunScreen  # noqa: PLC0415 - only when there is one

        self._show(RunScreen(self.desk, message.run))

    def on_typed(self) -> None:
        """Keep what was typed."""
        self.keeper.keep()

    def on_not_stored(self, message: messages.NotStored) -> None:
        """Say in the title that the answers are not stored, or no longer."""
        self.desk.not_stored = message.text
        for screen in self.screen_stack:
            show_head = getattr(screen, "show_head", None)
            if callable(show_head) and screen.query("Head"):  # not before it is composed
                show_head()

    def on_launched(self, message: messages.Launched) -> None:
        """Open the screen of a run that was started here. Its answers are a draft until it is done."""
        self.desk.running = message.run
        if message.of_draft and self.desk.draft is not None:
            self.desk.draft.run = message.run
            self.keeper.keep()
        self.on_watch(message)

    def on_take_back(self, message: messages.TakeBack) -> None:
        """Open the review of an undo."""
        from screens.reviews import UndoScreen  # noqa: PLC0415 - only when it is needed

        self._show(UndoScreen(self.desk, message.run, message.came_from, message.place))

    def on_gathered(self, message: messages.Gathered) -> None:
        """Open the review of the plan that uses the gathered certificates."""
        self.desk.running = None
        from screens.reviews import GatheredScreen  # noqa: PLC0415 - only where there is one

        self._show(GatheredScreen(self.desk, message.plan))

    def on_finished(self, message: messages.Finished) -> None:
        """Open the result of a run."""
        self._end_run(message)
        from screens.result import ResultScreen  # noqa: PLC0415 - only at the end

        self._show(ResultScreen(self.desk, message))

    def on_quits(self, message: messages.Quits) -> None:
        """Settle what becomes of the answers before the screens close."""
        over = message.over
        if over.plan.gathers and over.outcome == "done":
            # The plan that puts the answers in place comes after it.
            self.desk.running = None
        else:
            self._end_run(over)

    def _end_run(self, over: messages.Finished) -> None:
        """Drop the facts from before the run.

        The answers of a run that ended early remain the draft, and are offered again.
        """
        self.desk.forget()
        if over.outcome == "done":
            self.keeper.settle(over.run, over.sections)
        else:
            self.desk.has_draft = self.keeper.is_stored or over.is_offered_again
        self.desk.last_run = over.summary

    def action_interrupt(self) -> None:
        """Ctrl-C: have the run on the screen stop after its step, elsewhere quit."""
        interrupt = getattr(self.screen, "interrupt", None)
        if not (callable(interrupt) and interrupt()):
            self.action_leave()

    def action_leave(self) -> None:
        """Close the window, or quit. Say before what ran, and what is saved or lost."""
        top = self.screen
        if isinstance(top, ModalScreen):
            top.dismiss(None)
            return
        leave = getattr(top, "ask_to_leave", None)
        if callable(leave) and leave():
            return
        if not self.desk.has_answers:
            self.exit(0)
            return
        from screens.ask import ask  # noqa: PLC0415 - only when there is a question

        self.desk.not_stored = self.keeper.flush()
        ask(self, "Quit?", self.desk.before_leaving, lambda: self.exit(0))

    def _display(self, screen: Screen[Any], renderable: Optional[RenderableType]) -> None:
        # (Private to Textual, as below.)
        if isinstance(renderable, CompositorUpdate):
            renderable = self._painted.difference(renderable, self.screen)
        super()._display(screen, renderable)

    def _handle_exception(self, error: Exception) -> None:
        # Textual would print a page of traceback with every local value, passwords included.
        # main() prints one sentence. (Private to Textual, whose version is pinned exactly.)
        self.crash = self.crash or error
        self._return_code = 70
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._close_messages_no_wait()
