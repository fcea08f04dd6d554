"""Prompts for the operator: recorded in the journal, answered over the run's socket.

The socket is 0600 in a 0700 directory, and only root may answer (SO_PEERCRED, unix(7)). A client
sends one line of JSON, `{"run": ID, "prompt": N, "answer": TEXT}`, and gets one back,
`{"accepted": true}` or `{"accepted": false, "why": TEXT}`. The first answer counts. An answer is
never stored.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Optional

from wizard.errors import Trouble
from wizard.run.directories import explained, make_private
from wizard.run.loop import Loop
from wizard.run.paths import Places
from wizard.run.records import PromptClosed, Prompted, Record

PATIENCE = 600.0
"""Seconds that a prompt stays open."""
_LINE = 8192
_TALKERS = 32
_CREDENTIALS = struct.Struct("3i")
_TURN = 0.5
_REPLY_PATIENCE = 10.0


class PromptServer:
    """The prompts of one worker. It opens a prompt and takes the answer."""

    def __init__(self, loop: Loop, run: str, record: Callable[[Record], None]) -> None:
        self._loop = loop
        self._run = run
        self._record = record
        self._number = 0
        self._open = 0
        self._answer: Optional[str] = None
        self._talkers: dict[int, tuple[socket.socket, bytearray]] = {}
        self._listener: Optional[socket.socket] = None

    def number_from(self, number: int) -> None:
        """Continue after the prompt numbers of an earlier worker of the same run."""
        self._number = number

    def listen(self, path: Path) -> None:
        """Take answers at `path`. Raises Trouble."""
        make_private(path.parent)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        with explained("opening the socket for answers", path):
            # Only the process with the lock comes here, so an existing socket is a dead worker's.
            with contextlib.suppress(FileNotFoundError):
                path.unlink()
            before = os.umask(0o177)
            try:
                listener.bind(str(path))
            finally:
                os.umask(before)
            listener.listen(_TALKERS)
        self._listener = listener
        self._loop.watch(listener.fileno(), self._accept)

    def ask(
        self,
        step: str,
        text: str,
        *,
        echo: bool,
        patience: float,
        until: Callable[[], bool],
    ) -> Optional[str]:
        """Prompt the operator and return the answer.

        Return None after `patience` seconds without one, or once `until` returns True.
        """
        self._number += 1
        number = self._number
        self._answer = None
        self._record(Prompted(number, step, text, echo))
        self._open = number
        deadline = time.monotonic() + patience
        while self._answer is None and not until():
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                break
            self._loop.turn(min(remaining, _TURN))
        self._open = 0
        answer, self._answer = self._answer, None
        self._record(PromptClosed(number, answered=answer is not None))
        return answer

    def close(self) -> None:
        """Close the socket and all connections."""
        for fd in tuple(self._talkers):
            self._hang_up(fd)
        if self._listener is not None:
            path = self._listener.getsockname()
            self._loop.forget(self._listener.fileno())
            self._listener.close()
            with contextlib.suppress(OSError):
                Path(path).unlink()

    def _accept(self) -> None:
        assert self._listener is not None  # noqa: S101 (it is what was readable)
        try:
            talker, _ = self._listener.accept()
        except OSError:
            return
        talker.setblocking(False)
        if _peer_uid(talker) != 0 or len(self._talkers) >= _TALKERS:
            talker.close()
            return
        fd = talker.fileno()
        self._talkers[fd] = (talker, bytearray())
        self._loop.watch(fd, lambda: self._hear(fd))

    def _hear(self, fd: int) -> None:
        talker, line = self._talkers[fd]
        try:
            data = talker.recv(_LINE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        line += data
        if b"\n" in line or not data or len(line) > _LINE:
            why = self._judge(bytes(line))
            reply = {"accepted": True} if why is None else {"accepted": False, "why": why}
            with contextlib.suppress(OSError):
                talker.send(json.dumps(reply).encode() + b"\n")
            self._hang_up(fd)

    def _judge(self, line: bytes) -> Optional[str]:
        """Take the answer, or return why it is refused."""
        try:
            said = json.loads(line.partition(b"\n")[0])
            run, prompt, answer = said["run"], said["prompt"], said["answer"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return "not understood"
        if not isinstance(answer, str) or any(ord(one) < ord(" ") for one in answer):
            return "an answer is one line of text"
        if run != self._run or prompt != self._open or self._answer is not None:
            return "too late"
        self._answer = answer
        return None

    def _hang_up(self, fd: int) -> None:
        talker, _ = self._talkers.pop(fd)
        self._loop.forget(fd)
        talker.close()


def _peer_uid(talker: socket.socket) -> int:
    raw = talker.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(raw)
    return int(uid)


@contextlib.contextmanager
def prompt_server(
    loop: Loop, places: Places, run: str, record: Callable[[Record], None]
) -> Iterator[PromptServer]:
    """Take answers for the time of a with statement. Raises Trouble."""
    made = PromptServer(loop, run, record)
    try:
        made.listen(places.socket)
        yield made
    finally:
        made.close()


def send_answer(places: Places, run: str, prompt: int, text: str) -> bool:
    """Answer a prompt. Return False if it is closed or its run has ended.

    Raises Trouble if `text` is not one line, or the worker does not reply.
    """
    doing = f"answering prompt {prompt} of run {run}"
    line = json.dumps({"run": run, "prompt": prompt, "answer": text}).encode() + b"\n"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as talker:
        talker.settimeout(_REPLY_PATIENCE)
        try:
            talker.connect(str(places.socket))
            talker.sendall(line)
            with talker.makefile("rb") as heard:
                reply = json.loads(heard.readline(_LINE) or b"{}")
        except (FileNotFoundError, ConnectionError):
            return False
        except (OSError, ValueError) as error:
            raise Trouble(doing, f"no reply came ({error})", "Answer again.") from error
    if reply.get("why") not in {None, "too late"}:
        raise Trouble(doing, str(reply["why"]), "Answer again.")
    return bool(reply.get("accepted", False))
