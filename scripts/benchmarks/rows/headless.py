"""Whole processes without a screen: plan and status, their memory, the program's start."""

from __future__ import annotations

from benchmarks.figures import Figure
from benchmarks.hosts import (
    ANSWERS,
    INSTALLED,
    PROGRAM,
    Run,
    column,
    install,
    measure,
    set_up,
    yard,
)

HOW_PLAN = """\
`plan --answers zeke.toml` (nothing to do) and `status` (as left) by the one-file program on an EL9
host that the wizard has set up, by turns with `python3 -c pass` there: whole processes, by a probe
that runs in the host."""

HOW_START = """\
`--version` and `plan` by the one-file program against the same code from a directory with
byte code, started by the same Python, by turns in one EL9 host. *Cold*: the unpacked program was
removed before; the byte code is then made anew too."""

HOW_MEMORY = """\
The process's own highest resident size (VmHWM), by turns with `python3 -c pass`: the plan on a host
that is set up; the client and the worker of an `apply` there after the firewall's services were taken
away again and main.cf was put back, so that there is work to do. Of the 17 MB that a plan takes above
the floor, OpenSSL has 4 (it sees whether a key fits its certificate), the rest of the standard library 5,
and tomlkit 2."""

FLOOR = Run("pass", ["python3", "-c", "pass"])
PLAN = Run("plan", [PROGRAM, "plan", "--answers", ANSWERS])
STATUS = Run("status", [PROGRAM, "status"])
UNPACKED = "/var/cache/postfix-wizard"


def measure_plan(rounds: int) -> list[Figure]:
    """Measure the plan and the status of a host that is set up."""
    runs = [PLAN, STATUS, FLOOR]
    with yard() as here:
        host = set_up(here)
        measure(host, runs, 2)
        found = measure(host, runs, rounds)

    def figure(what: str, name: str, quantity: str, reach: float | None = None) -> Figure:
        against = column(found["pass"], quantity)
        ours = column(found[name], quantity)
        return Figure("plan", what, "s", ours, "python3 -c pass", against, reach)

    return [
        figure("plan, nothing to do", "plan", "wall", 20),
        figure("plan, CPU of all its processes", "plan", "cpu"),
        figure("status, as left", "status", "wall"),
        figure("status, CPU of all its processes", "status", "cpu"),
    ]


def measure_start(rounds: int) -> list[Figure]:
    """Measure the program's start as one file and as a directory."""
    directory = f"{INSTALLED}/postfix-wizard"
    version, plan = ["--version"], ["plan", "--answers", ANSWERS]
    with yard() as here:
        host = set_up(here)
        install(host)
        runs = [
            Run("one file", [PROGRAM, *version]),
            Run("directory", [directory, *version]),
            Run("one file plan", [PROGRAM, *plan]),
            Run("directory plan", [directory, *plan]),
        ]
        measure(host, runs, 2)
        warm = measure(host, runs, rounds)
        forget = [["rm", "-rf", UNPACKED]]
        cold = measure(host, [Run("one file", runs[0].argv, forget), runs[1]], max(5, rounds // 3))
    peer = "the same from a directory"

    def figure(what: str, ours: str, against: str, reach: float | None) -> Figure:
        two = column(warm[ours], "wall"), peer, column(warm[against], "wall")
        return Figure("start", what, "s", *two, reach)

    return [
        figure("one file, warm: --version", "one file", "directory", 1.3),
        figure("one file, warm: plan", "one file plan", "directory plan", 1.3),
        Figure(
            *("start", "one file, cold: --version", "s", column(cold["one file"], "wall"), peer),
            column(cold["directory"], "wall"),
        ),
    ]


def measure_memory(rounds: int) -> list[Figure]:
    """Measure the memory of plan, client and worker."""
    again = (
        "cp -p /etc/postfix/main.cf.orig /etc/postfix/main.cf; "
        "firewall-cmd -q --permanent --remove-service=smtp; firewall-cmd -q --reload"
    )
    # What is put back here is a hand edit to the wizard.
    words = ["apply", "--answers", ANSWERS, "--yes", "--take-planned"]
    apply = Run("apply", [PROGRAM, *words], [["sh", "-c", again]])
    with yard() as here:
        host = set_up(here)
        found = measure(host, [PLAN, FLOOR, apply], rounds, memory=True, watch="worker")
    floor = column(found["pass"], "own")

    def figure(what: str, ours: tuple[float, ...], reach: float | None) -> Figure:
        return Figure("memory", what, "kB", ours, "python3 -c pass", floor, reach)

    return [
        figure("peak memory, plan", column(found["plan"], "own"), 3),
        figure("peak memory, apply: client", column(found["apply"], "own"), 3),
        figure("peak memory, apply: worker", column(found["apply"], "watched"), 3),
        figure(
            "the largest process of a plan, children included", column(found["plan"], "all"), None
        ),
    ]
