"""Keep the answers as a draft while the screens are open: a thread writes, and no key waits for it."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from queue import SimpleQueue
from typing import TYPE_CHECKING, Callable, Optional

if TYPE_CHECKING:
    from screens.desk import Desk
    from wizard.drafts.store import DraftStore
    from wizard.drafts.stored import StoredDraft

EXIT_SECONDS = 1.5
"""Seconds that the end of the program waits for a disk."""

Job = Callable[["DraftStore"], None]


class Keeper:
    """Writes the draft of the shared state. `say` is called in the thread with each new error."""

    def __init__(self, desk: Desk, say: Callable[[str], object]) -> None:
        self._desk = desk
        self._say = say
        # Its put() may be called by a signal handler that interrupted another put().
        self._jobs: SimpleQueue[Optional[Job]] = SimpleQueue()
        self._thread: Optional[threading.Thread] = None
        self._given: Optional[StoredDraft] = None
        self.is_stored = False
        """True if draft.json has this sitting's answers, as far as this process knows."""
        self.trouble = ""
        """Why the answers are not stored, "" if they are."""
        self.replaces = ""
        """The writer of the stored draft that the operator continues or replaces."""

    def keep(self) -> None:
        """Have the answers written, or their file removed when nothing is changed any more."""
        draft = self._desk.draft
        if draft is None:
            return
        # What belongs to other sections stays as it is until something is typed here.
        is_needed = draft.is_touched or (draft.carries and self._given is not None)
        given = draft.stored(0.0, "") if is_needed else None
        if given == self._given and not self.trouble:
            return
        self._given = given
        if given is None:
            self._add(self._drop)
        else:
            now = time.time()
            self._add(lambda store: self._write(store, replace(given, at=now)))

    def settle(self, run: str, sections: tuple[str, ...]) -> None:
        """Have the answers removed that a run has put in place."""
        self._given = None

        def job(store: DraftStore) -> None:
            store.settle(run, sections)
            self.is_stored = False

        self._add(job)

    def take_over(self, writer: str, *, continues: bool) -> None:
        """Continue the stored draft of this writer, or replace it by what is typed from now on."""
        self.replaces = writer
        self.is_stored = continues and bool(writer)

    def flush(self, seconds: float = EXIT_SECONDS) -> str:
        """Write what is waiting, for at most `seconds`; return why it is not stored, "" if it is.

        The thread ends with it, since it would hold the whole program.
        """
        self.keep()
        if self._thread is None:
            return self.trouble
        written = threading.Event()
        self._jobs.put(lambda _store: written.set())
        # In this order: what a signal has written in between starts another thread.
        self._thread = None
        self._jobs.put(None)
        if not written.wait(seconds):
            return "The disk did not answer in time."
        return self.trouble

    def _add(self, job: Job) -> None:
        self._jobs.put(job)
        if self._thread is None:
            # A daemon: a disk that hangs must not hold the end of the program.
            self._thread = threading.Thread(target=self._work, name="draft", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        from wizard.errors import Trouble  # noqa: PLC0415 - not for the first paint

        store = self._desk.session.drafts()
        while (job := self._jobs.get()) is not None:
            try:
                job(store)
                continue
            except Trouble as trouble:
                why = f"{trouble.wrong.rstrip('.')}."
            except Exception as error:  # noqa: BLE001 - a traceback would cover the screen
                why = f"Something unforeseen happened ({type(error).__name__})."
            if why != self.trouble:
                self.trouble = why
                self._say(why)

    def _write(self, store: DraftStore, draft: StoredDraft) -> None:
        store.keep(draft, self.replaces)
        self.is_stored = True
        self._cleared()

    def _drop(self, store: DraftStore) -> None:
        # Only what this sitting wrote or continued: nothing typed here is no reason to remove more.
        if self.is_stored:
            store.drop(self.replaces)
            self.is_stored = False
        self._cleared()

    def _cleared(self) -> None:
        if self.trouble:
            self.trouble = ""
            self._say("")
