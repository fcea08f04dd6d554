from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from wizard.errors import Trouble
from wizard.run.loop import Loop
from wizard.run.paths import Places
from wizard.run.prompts import PromptServer, prompt_server, send_answer
from wizard.run.records import PromptClosed, Prompted, Record

RUN = "20261124-034502-1"
CANARY = "canary-7f3a"


@pytest.fixture
def records() -> list[Record]:
    return []


@pytest.fixture
def front(loop: Loop, places: Places, records: list[Record]) -> Iterator[PromptServer]:
    with prompt_server(loop, places, RUN, records.append) as made:
        yield made


def never() -> bool:
    return False


def asked(front: PromptServer, patience: float = 5, until: Callable[[], bool] = never) -> object:
    return front.ask("dnf", "Is this ok [y/N]: ", echo=True, patience=patience, until=until)


def answering(work: Callable[[], object]) -> Future[object]:
    pool = ThreadPoolExecutor(1)
    future = pool.submit(work)
    pool.shutdown(wait=False)
    return future


@pytest.mark.promise(24)
def test_the_answer_arrives_and_is_recorded_nowhere(
    front: PromptServer, places: Places, records: list[Record], tmp_path: Path
) -> None:
    sent = answering(lambda: send_answer(places, RUN, 1, CANARY))
    assert asked(front) == CANARY
    assert sent.result() is True
    assert records == [
        Prompted(1, "dnf", "Is this ok [y/N]: ", echo=True),
        PromptClosed(1, answered=True),
    ]
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and CANARY in p.read_text()]


def test_the_first_viewer_wins(front: PromptServer, places: Places) -> None:
    first = threading.Event()

    def two() -> tuple[bool, bool]:
        one = send_answer(places, RUN, 1, "y")
        first.set()
        return one, send_answer(places, RUN, 1, "n")

    sent = answering(two)
    assert asked(front) == "y"
    assert first.wait(5)
    assert asked(front, patience=0.5) is None
    assert sent.result() == (True, False)


@pytest.mark.promise(26)
def test_nobody_answers_in_time(front: PromptServer, records: list[Record]) -> None:
    began = time.monotonic()
    assert asked(front, patience=0.2) is None
    assert 0.2 <= time.monotonic() - began < 2
    assert records[-1] == PromptClosed(1, answered=False)


def test_a_moot_question_is_closed(front: PromptServer) -> None:
    assert asked(front, patience=60, until=lambda: True) is None


@pytest.mark.parametrize(
    ("run", "prompt"), [(RUN, 7), ("20261124-034502-2", 1)], ids=["prompt", "run"]
)
def test_an_answer_to_another_question_is_too_late(
    front: PromptServer, places: Places, run: str, prompt: int
) -> None:
    sent = answering(lambda: send_answer(places, run, prompt, "y"))
    assert asked(front, patience=0.5) is None
    assert sent.result() is False


@pytest.mark.slow
@pytest.mark.promise(21)
@pytest.mark.parametrize("text", ["y\nrm", "\x1b[A", "a\0b", "\r"])
def test_an_answer_is_one_line_of_text(front: PromptServer, places: Places, text: str) -> None:
    sent = answering(lambda: send_answer(places, RUN, 1, text))
    assert asked(front, patience=0.5) is None
    with pytest.raises(Trouble, match="one line of text"):
        sent.result()


def test_without_a_worker_an_answer_is_too_late(places: Places) -> None:
    assert send_answer(places, RUN, 1, "y") is False


@pytest.mark.parametrize("line", [b"\n", b"[]\n", b"{}\n", b"x" * 20_000, b"[" * 8000 + b"\n"])
def test_rubbish_gets_a_reply_and_hinders_nobody(
    front: PromptServer, places: Places, line: bytes
) -> None:
    def babble() -> bytes:
        with socket.socket(socket.AF_UNIX) as talker:
            talker.connect(str(places.socket))
            try:
                talker.sendall(line)
                heard = talker.recv(1000)
            except ConnectionError:
                heard = b'{"accepted": false}'
        send_answer(places, RUN, 1, "y")
        return heard

    sent = answering(babble)
    assert asked(front) == "y"
    assert json.loads(str(sent.result(), "ascii"))["accepted"] is False  # type: ignore[call-overload]


def test_one_who_connects_and_says_nothing_hinders_nobody(
    front: PromptServer, places: Places
) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(places.socket))
        sent = answering(lambda: send_answer(places, RUN, 1, "y"))
        assert asked(front) == "y"
        assert sent.result() is True


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_another_user_is_not_heard(front: PromptServer, places: Places) -> None:
    assert places.socket.stat().st_mode & 0o777 == 0o600
    assert places.runtime.stat().st_mode & 0o777 == 0o700
    script = (
        "import os, socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
        "os.setresuid(65534, 65534, 65534); t = socket.socket(socket.AF_UNIX)\n"
        "try: t.connect(sys.argv[1])\n"
        "except PermissionError: print('refused')\n"
    )
    import subprocess  # noqa: PLC0415
    import sys  # noqa: PLC0415

    done = subprocess.run(
        [sys.executable, "-c", script, str(places.socket)], capture_output=True, check=True
    )
    assert done.stdout == b"refused\n"
    places.runtime.chmod(0o711)
    places.socket.chmod(0o666)
    for above in places.runtime.parents:
        if above.stat().st_mode & 0o001 == 0:
            above.chmod(above.stat().st_mode | 0o011)
    script = (
        "import os, socket, sys; os.setresuid(65534, 65534, 65534);"
        "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
        "s.sendall(sys.argv[2].encode() + b'\\n'); print(s.recv(99))"
    )
    said = json.dumps({"run": RUN, "prompt": 1, "answer": "y"})
    with subprocess.Popen(
        [sys.executable, "-c", script, str(places.socket), said], stderr=subprocess.DEVNULL
    ):
        assert asked(front, patience=1) is None


def test_a_dead_workers_socket_is_taken_over(
    loop: Loop, places: Places, records: list[Record]
) -> None:
    places.runtime.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(places.socket))
    with prompt_server(loop, places, RUN, records.append) as front:
        sent = answering(lambda: send_answer(places, RUN, 1, "y"))
        assert asked(front) == "y"
        assert sent.result() is True
    assert not places.socket.exists()
