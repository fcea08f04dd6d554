"""A step that says a million lines: the run, its screen, and a screen that is frozen."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.figures import P95, VALUE, Figure
from benchmarks.hosts import HERE, INSTALLED, install, set_up, yard
from benchmarks.rows.screens import resident
from benchmarks.terminal import Terminal, opened
from lab.host import Host

HOW = """\
A run of two steps, the first of which is `seq` with 1,000,000 lines of 65 bytes, started by the program's
own session as a unit of its own, with the Run screen on it over ssh at 80x24. *The run* is the
step's time in the journal (read from a pipe, or from the terminal that dnf gets, and written to disk); *the
screen* is from the step's start to the bytes that show the run's end. Against the same child on the
same kind of pipe or terminal, read and thrown away at 64 KiB a read, by turns in the same host. Keys: Down and Up between
the two steps while 5,000,000 lines run, from the key to the bytes that show the other step. Frozen (the lines come
from a terminal): nothing reads the screen's terminal until the run is over; the reach of 1.0 is taken as 1.1, for the noise. Memory is the screen's highest resident size (VmHWM)."""

FLOOD = f"{INSTALLED}/flood.py"
MILLION, FEW, MANY = 1_000_000, 20_000, 5_000_000
PEER = "the child read away"
ANSWER = 0.1


def measure_row(rounds: int) -> list[Figure]:
    """Measure floods through a pipe and through a terminal, by turns with reading them away."""
    took: dict[str, list[float]] = {}

    def keep(name: str, value: float) -> None:
        took.setdefault(name, []).append(value)

    with yard() as here:
        host = set_up(here)
        install(host)
        host.push(HERE / "peers/flood.py", FLOOD)
        _watch(host, "command", FEW)
        for _ in range(rounds):
            for kind in ("command", "terminal"):
                watched = _watch(host, kind, MILLION)
                keep(f"{kind} run", watched.step)
                keep(f"{kind} screen", watched.screen)
                keep(f"{kind} read", float(_flood(host, "read", kind, MILLION)))
                keep("memory", watched.memory)
            keep("memory of few", _watch(host, "command", FEW).memory)
            keep("alone", _step_seconds(host, _flood(host, "alone", "terminal", MILLION)))
            keep("frozen", _frozen(host))
            keep("memory of many", _watch(host, "command", MANY).memory)
        keys = _keys(host)
    return _figures({name: tuple(values) for name, values in took.items()}, keys)


def _figures(took: dict[str, tuple[float, ...]], keys: tuple[float, ...]) -> list[Figure]:
    def figure(what: str, ours: str, peer: str, against: str, reach: float | None) -> Figure:
        return Figure("pane", what, "s", took[ours], peer, took[against], reach)

    pipe, terminal = f"{PEER}, a pipe", f"{PEER}, a terminal"
    return [
        figure("1,000,000 lines, the run", "command run", pipe, "command read", 2),
        figure("1,000,000 lines, the screen", "command screen", pipe, "command read", None),
        figure("1,000,000 lines as dnf, the run", "terminal run", terminal, "terminal read", 2),
        figure(
            "1,000,000 lines as dnf, the screen", "terminal screen", terminal, "terminal read", 2
        ),
        figure("the run as dnf, its screen frozen", "frozen", "no screen", "alone", 1.1),
        figure("the run as dnf, its screen frozen", "frozen", "a live one", "terminal run", None),
        Figure("pane", "a key meanwhile, p95", "s", keys, reach=ANSWER, per=VALUE, took=P95),
        Figure(
            *("pane", "peak memory, 5,000,000 lines", "kB", took["memory of many"]),
            *("1,000,000 lines", took["memory"], 1.1),
        ),
        Figure(
            *("pane", "peak memory, 1,000,000 lines", "kB", took["memory"]),
            *("20,000 lines", took["memory of few"]),
        ),
    ]


@dataclass(frozen=True)
class Watched:
    """Seconds of the step by the journal and until the screen showed the end; kB."""

    step: float
    screen: float
    memory: float


def _watch(host: Host, kind: str, lines: int) -> Watched:
    with opened(host, f"python3 {FLOOD} screen {kind} {lines}") as screen:
        shown = screen.wait(lambda text: "The run is over: DONE" in text, 90)
        memory = resident(host, FLOOD)
        screen.end("\x11")
    run = host.run(["sh", "-c", "ls /var/lib/postfix-wizard/runs | tail -1"]).stdout.strip()
    started = float(next(e["mono"] for e in _journal(host, run) if e["kind"] == "StepStarted"))
    return Watched(_step_seconds(host, run), shown - started, memory)


def _flood(host: Host, mode: str, kind: str, lines: int) -> str:
    argv = ["python3", FLOOD, mode, kind, str(lines)]
    return host.run(argv, timeout=300, check=True).stdout.strip()


def _journal(host: Host, run: str) -> list[dict[str, Any]]:
    text = host.read(f"/var/lib/postfix-wizard/runs/{run}/journal")
    return [json.loads(line.partition(" ")[2]) for line in text.splitlines()]


def _step_seconds(host: Host, run: str) -> float:
    for entry in _journal(host, run):
        if entry["kind"] == "StepFinished":
            return float(entry["record"]["seconds"])
    raise EOFError(f"the run {run} finished no step")


def _frozen(host: Host) -> float:
    """Let the screen open, then read nothing more of it until the run is over."""
    with opened(host, f"python3 {FLOOD} screen terminal {MILLION}") as screen:
        screen.wait(lambda text: "Talk at length" in text, 60)
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline and _lock_is_held(host):
            time.sleep(0.2)
        screen.wait(lambda text: "The run is over: DONE" in text, 60)
        screen.end("\x11")
    run = host.run(["sh", "-c", "ls /var/lib/postfix-wizard/runs | tail -1"]).stdout.strip()
    return _step_seconds(host, run)


def _lock_is_held(host: Host) -> bool:
    units = ["systemctl", "list-units", "--no-legend", "--plain", "postfix-wizard-*"]
    return bool(host.run(units).stdout.strip())


def _keys(host: Host) -> tuple[float, ...]:
    found: list[float] = []
    with opened(host, f"python3 {FLOOD} screen command {MANY}") as screen:
        screen.wait(lambda text: "0 of 2 done. Talk at length" in text, 60)
        while True:
            try:
                one = _step_key(screen, "\x1b[B", "Do nothing more")
                two = _step_key(screen, "\x1b[A", "Talk at length")
            except TimeoutError:
                if "The run is over" in screen.text:
                    break
                raise
            if "The run is over" in screen.text:
                break
            found += [one, two]
        screen.end("\x11")
    return tuple(found)


def _step_key(screen: Terminal, key: str, title: str) -> float:
    screen.drain(0.03)
    sent = screen.send(key)

    def shown(text: str) -> bool:
        return f"done. {title}" in text or "The run is over" in text

    return screen.wait(shown, 5) - sent
