"""Slow work in a thread of its own, which only posts messages."""

from __future__ import annotations

import contextlib
import threading
from functools import partial
from typing import Any, Callable, TypeVar

from textual import events
from textual.message import Message
from textual.message_pump import MessagePump

from screens.messages import Failed
from wizard.errors import Trouble

Result = TypeVar("Result")


def in_background(
    pump: MessagePump, work: Callable[[], Result], then: Callable[[Result], Any]
) -> None:
    """Do `work` in a thread, then call `then` with its result in the screen's own thread.

    The call waits in the screen's queue, as a message does. Trouble is posted as `Failed`.

    The thread is a daemon, so that closing the screen does not wait for it. Textual waits for its
    own thread workers at exit, and following a run may last for minutes.
    """

    def body() -> None:
        try:
            message: Message = events.Callback(partial(then, work()))
        except Trouble as trouble:
            message = Failed(str(trouble))
        except Exception as error:  # noqa: BLE001 - a thread's end must reach the operator
            message = Failed(
                f"Something unforeseen happened ({type(error).__name__}). Nothing was changed by "
                "this screen. Try again, or use the command line: postfix-wizard plan."
            )
        post(pump, message)

    threading.Thread(target=body, name="screens-background", daemon=True).start()


def post(pump: MessagePump, message: Message) -> bool:
    """Post from any thread. Return False if the screen is closed."""
    with contextlib.suppress(RuntimeError):  # the event loop is closed already
        return pump.post_message(message)
    return False
