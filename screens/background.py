"""Work that takes longer than a blink, in a thread of its own that only posts messages."""

from __future__ import annotations

import contextlib
import threading
from typing import Callable

from textual.message import Message
from textual.message_pump import MessagePump

from screens.messages import Failed
from wizard.errors import Trouble


def in_background(pump: MessagePump, work: Callable[[], Message]) -> None:
    """Do `work` in a thread and post the message it returns; Trouble is posted as `Failed`.

    The thread is a daemon: whoever leaves the screen does not wait for it (Textual's own thread
    workers are waited for at exit, and a run that is followed may last for minutes).
    """

    def body() -> None:
        try:
            message = work()
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
    """Post from any thread; False when the screen is gone."""
    with contextlib.suppress(RuntimeError):  # the event loop is closed already
        return pump.post_message(message)
    return False
