"""The screens at 80x24 over ssh, against a bare Textual app: paint, keys, bytes, memory."""

from __future__ import annotations

import re
import string
from typing import Callable

from benchmarks.figures import P95, VALUE, Figure
from benchmarks.hosts import HERE, INSTALLED, PROGRAM, install, set_up, yard
from benchmarks.terminal import Terminal, opened
from lab.host import Host

HOW_PAINT = """\
Real ssh from the LAN to an EL9 host that is set up, a terminal of 80x24, xterm-256color, read by pyte: from
starting ssh to the bytes that complete the first frame (title and keys at ours, the placeholder
at the bare app), by turns. The bare app is `peers/bare.py`: one Input, run from a directory with byte
code, the same Textual. ssh alone is shown for comparison."""

HOW_KEYS = """\
Both programs open side by side on one host, idle but for the key; a letter to ours, a letter to the
bare app, and so on: from writing the key to the bytes that show it, typed into an empty line until it
holds 40, then removed. Ours is the Hostname screen, which validates and shows what the field
becomes. Bytes are counted after ssh has decrypted them, per key until the screen is quiet, and over a whole
minute in which nothing is typed, both at once."""

HOW_MEMORY = """\
The process's own highest resident size (VmHWM), read while the program stands at its screen: ours at the
Hostname screen after the host was read, and at the first frame of the review."""

BARE = f"python3 {INSTALLED}/bare.py"
BARE_APP = "a bare Textual app"
SECTION = f"{PROGRAM} --section hostname"
LETTERS = string.ascii_lowercase
LINE = 40
MINUTE = 60


def measure_paint(rounds: int) -> list[Figure]:
    """Measure from ssh's start to the first whole frame."""
    took: dict[str, list[float]] = {"ours": [], "bare": [], "ssh": []}
    with yard() as here:
        host = _prepared(set_up(here))
        for number in range(rounds + 1):
            with opened(host, PROGRAM) as ours:
                painted = ours.wait(_whole_frame) - ours.began
                ours.settle()
                ours.end("\x11")
            with opened(host, BARE) as bare:
                bare_painted = bare.wait(lambda text: "here" in text) - bare.began
                bare.settle()
                bare.end("\x11")
            with opened(host, "echo here") as ssh:
                alone = ssh.wait(lambda text: "here" in text) - ssh.began
            if number:  # the first makes the byte code
                for name, one in (("ours", painted), ("bare", bare_painted), ("ssh", alone)):
                    took[name].append(one)
    ours_, bare_, ssh_ = (tuple(took[name]) for name in ("ours", "bare", "ssh"))
    return [
        Figure("paint", "first paint over ssh", "s", ours_, BARE_APP, bare_, 1.25),
        Figure("paint", "first paint over ssh", "s", ours_, "ssh and echo", ssh_),
    ]


def measure_keys(rounds: int) -> list[Figure]:
    """Measure keys, their bytes, and what is sent when nothing is typed."""
    latency: dict[str, list[float]] = {"ours": [], "bare": []}
    sizes: dict[str, list[float]] = {"ours": [], "bare": []}
    with yard() as here:
        host = _prepared(set_up(here))
        with opened(host, SECTION) as ours, opened(host, BARE) as bare:
            both = {"ours": ours, "bare": bare}
            ours.wait(_hostname_shown)
            bare.wait(lambda text: "here" in text)
            ours.send("\x15")  # the line is emptied
            for terminal in both.values():
                terminal.settle(1)
            idle = {name: terminal.bytes for name, terminal in both.items()}
            for _ in range(MINUTE):
                for terminal in both.values():
                    terminal.drain(0.5)
            idle = {name: terminal.bytes - idle[name] for name, terminal in both.items()}
            for _ in range(max(1, rounds * 10 // LINE)):
                _type_a_line(both, latency, sizes)
            ours.end("\x11y")
            bare.end("\x11")
    return [
        Figure(
            *("keys", "key to screen, p95", "s", tuple(latency["ours"]), BARE_APP),
            *(tuple(latency["bare"]), 1.25),
            took=P95,
        ),
        Figure(
            *("keys", "key to screen, median", "s", tuple(latency["ours"]), BARE_APP),
            tuple(latency["bare"]),
        ),
        Figure(
            *("keys", "bytes a key", "B", tuple(sizes["ours"]), BARE_APP, tuple(sizes["bare"])),
            reach=200,
            per=VALUE,
        ),
        Figure(
            *("keys", "bytes of an idle minute", "B", (idle["ours"],), BARE_APP, (idle["bare"],)),
            reach=200,
            per=VALUE,
        ),
    ]


def measure_memory(rounds: int) -> list[Figure]:
    """Measure the memory of the screens."""
    found: dict[str, list[float]] = {"hostname": [], "review": [], "bare": []}
    with yard() as here:
        host = _prepared(set_up(here))
        for _ in range(rounds):
            with opened(host, SECTION) as ours:
                ours.wait(_hostname_shown)
                ours.settle(0.5)
                found["hostname"].append(resident(host, "hostname"))
                ours.send("\x0e")
                ours.wait(lambda text: "Review" in text.splitlines()[0])
                ours.settle(1)
                found["review"].append(resident(host, "hostname"))
                ours.end("\x11y")
            with opened(host, BARE) as bare:
                bare.wait(lambda text: "here" in text)
                bare.settle(0.5)
                found["bare"].append(resident(host, f"{INSTALLED}/bare.py"))
                bare.end("\x11")
    bare_ = tuple(found["bare"])
    return [
        Figure(
            "screens", "peak memory, Hostname", "kB", tuple(found["hostname"]), BARE_APP, bare_, 1.5
        ),
        Figure(
            "screens", "peak memory, Review", "kB", tuple(found["review"]), BARE_APP, bare_, 1.5
        ),
    ]


def _prepared(host: Host) -> Host:
    install(host)
    host.push(HERE / "peers/bare.py", f"{INSTALLED}/bare.py")
    return host


def _whole_frame(text: str) -> bool:
    lines = text.splitlines()
    return "postfix-wizard" in lines[0] and "Quit" in lines[-1]


def _hostname_shown(text: str) -> bool:
    return "Hostname" in text.splitlines()[0] and "Quit" in text.splitlines()[-1]


def _type_a_line(
    both: dict[str, Terminal], latency: dict[str, list[float]], sizes: dict[str, list[float]]
) -> None:
    typed = ""
    for number in range(LINE):
        typed += LETTERS[number % len(LETTERS)]
        for name, terminal in both.items():
            before = terminal.bytes
            sent = terminal.send(typed[-1])
            latency[name].append(terminal.wait(_shows(typed)) - sent)
            terminal.settle(0.05)
            sizes[name].append(terminal.bytes - before)
    for terminal in both.values():
        terminal.send("\x15")
        terminal.settle()


def _shows(typed: str) -> Callable[[str], bool]:
    field = re.compile(rf"(?<![a-z]){typed}(?![a-z])")
    return lambda text: field.search(text) is not None


def resident(host: Host, word: str) -> float:
    """Return the highest resident size in kB of the process with this among its words."""
    script = (
        "import sys; sys.path.insert(0, '/root'); from probe import high_water, named; "
        "print(max(high_water(pid) for pid in named(sys.argv[1])))"
    )
    # The word stands among this command's own words too: it is smaller than any screen.
    return float(host.run(["python3", "-c", script, word], check=True).stdout)
