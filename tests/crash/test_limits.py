"""A test that waits for ever ends, and a child of a test obeys the signals that we ignore."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PREAMBLE = """
import asyncio, os, pytest, signal, subprocess, sys, threading, time
CHILD = "import signal; print(signal.getsignal(signal.%s) is not signal.SIG_IGN)"
"""
HANGS = {
    "sleep": "def test_it(): time.sleep(999)",
    "lock": "def test_it(): lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "child": """
def test_it():
    with subprocess.Popen(["sleep", "30"]) as child:
        child.wait()
""",
    "pipe": "def test_it(): os.read(os.pipe()[0], 1)",
    "every error is caught": """
def test_it():
    while True:
        try:
            time.sleep(999)
        except Exception:
            pass
""",
    "event loop": "def test_it(): asyncio.run(asyncio.sleep(999))",
    "setup": """
@pytest.fixture
def slow(): time.sleep(999)
def test_it(slow): pass
""",
    "teardown": """
@pytest.fixture
def slow():
    yield
    time.sleep(999)
def test_it(slow): pass
""",
}
SIGNALS = ("INT", "HUP", "QUIT", "TERM", "USR1")


def ran(directory: Path, text: str, *before: str) -> str:
    """Return what a session of pytest says whose only test is this one."""
    (directory / "test_one.py").write_text(PREAMBLE + text)
    words = [sys.executable, "-m", "pytest", "-q", "-p", "tests.limits", "-c", "/dev/null"]
    done = subprocess.run(
        [*before, *words, "-p", "no:cacheprovider", "--rootdir", directory, directory],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("text", HANGS.values(), ids=HANGS.keys())
def test_what_waits_for_ever_fails_by_its_limit(tmp_path: Path, text: str) -> None:
    marked = f"pytestmark = pytest.mark.time_limit(0.5)\n{text}\n"
    said = ran(tmp_path, marked)
    assert "did not end within 0.5 s" in said
    assert "test_it" in said


@pytest.mark.parametrize("number", SIGNALS)
def test_a_child_obeys_a_signal_that_our_caller_ignored(tmp_path: Path, number: str) -> None:
    text = f"""
def test_it():
    script = CHILD % "SIG{number}"
    assert subprocess.check_output([sys.executable, "-c", script]) == b"True\\n"
    os.kill(os.getpid(), signal.SIG{number})
"""
    said = ran(tmp_path, text, "sh", "-c", f'trap "" {number}; exec "$0" "$@"')
    assert "1 passed" in said, "and pytest itself goes on ignoring it"


def test_a_child_has_no_signal_blocked(tmp_path: Path) -> None:
    text = """
def test_it():
    assert subprocess.check_output(["grep", "SigBlk", "/proc/self/status"]).split()[1] == b"0" * 16
"""
    block = (
        "import os, signal, sys; "
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM}); "
        "os.execvp(sys.argv[1], sys.argv[1:])"
    )
    assert "1 passed" in ran(tmp_path, text, sys.executable, "-c", block)
