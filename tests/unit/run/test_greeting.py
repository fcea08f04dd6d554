"""Who greets: a process of before a reload may still take a connection."""

from __future__ import annotations

import os
import socket
import threading
from unittest.mock import Mock

import pytest

from wizard.errors import Trouble
from wizard.run.actions import service
from wizard.run.actions.greeting import Listener, greeting, processes


def test_the_process_that_greets_is_known() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            peer, _ = server.accept()
            with peer:
                peer.sendall(b"220 here\r\n")
                peer.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        said, speaker = greeting(Listener("127.0.0.1", server.getsockname()[1]), 5)
        thread.join()
    assert said == "220 here"
    assert speaker is not None
    assert speaker[0] == os.getpid()
    assert speaker in processes()


@pytest.mark.promise(16)
@pytest.mark.parametrize("then", [("220 new", "", (2, "9")), (None, "it hung up", None)])
def test_what_a_former_process_says_is_no_answer(
    monkeypatch: pytest.MonkeyPatch, then: tuple[object, str, object]
) -> None:
    """The smtpd of the old files greeted, and the run went on with one that cannot."""
    old = (1, "5")
    answers = [("220 old", "", old), ("220 old", "", old), then]
    monkeypatch.setattr(service, "_first_line", lambda *_: answers.pop(0))
    context = Mock()
    context.patience.greeting = 5
    sockets = (Listener("127.0.0.1", 25),)
    if then[0] is None:
        with pytest.raises(Trouble, match="does not greet"):
            service._hear(sockets, "postfix", "", frozenset({old}), context)
    else:
        service._hear(sockets, "postfix", "", frozenset({old}), context)
        context.say.assert_called_with("It greets on port 25: 220 new")
    assert answers == []


def test_a_former_process_that_stays_is_an_answer_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = (1, "5")
    monkeypatch.setattr(service, "_first_line", lambda *_: ("220 old", "", old))
    context = Mock()
    context.patience.greeting = 0.05
    service._hear((Listener("127.0.0.1", 25),), "postfix", "", frozenset({old}), context)
    context.say.assert_called_with("It greets on port 25: 220 old")
