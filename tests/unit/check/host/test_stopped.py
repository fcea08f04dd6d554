"""Processes that a signal stopped, by what /proc shows of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.check.host.stopped import judge_processes
from wizard.door import Door
from wizard.finding import RIGHT, WRONG

POSTFIX = "0::/system.slice/postfix.service\n"
HYBRID = "12:pids:/system.slice/dovecot.service\n1:name=systemd:/system.slice/dovecot.service\n"
OTHER = "0::/user.slice/session-1.scope\n"

Process = tuple[str, str, str]
"""Its name, state and cgroup."""


def root(tmp_path: Path, *processes: Process) -> Door:
    for pid, (name, state, cgroup) in enumerate(processes, 100):
        place = tmp_path / f"proc/{pid}"
        place.mkdir(parents=True)
        (place / "stat").write_text(f"{pid} ({name}) {state} 1 100 100 0 -1 4194560 0\n")
        (place / "cgroup").write_text(cgroup)
    (tmp_path / "proc/sys").mkdir(parents=True)
    return Door(tmp_path)


@pytest.mark.parametrize(
    ("processes", "seen", "cure"),
    [
        ([("master", "T", POSTFIX), ("qmgr", "S", POSTFIX)], "master (100)", ["postfix"]),
        ([("qmgr", "T", POSTFIX)], "qmgr (100)", ["postfix"]),
        ([("a) T (b", "S", POSTFIX), ("auth", "T", HYBRID)], "auth (101)", ["dovecot"]),
        (
            [("smtpd", "T", POSTFIX), ("lmtp", "T", HYBRID)],
            "smtpd (100), lmtp (101)",
            ["postfix", "dovecot"],
        ),
    ],
)
def test_a_stopped_process_is_named_with_its_cure(
    processes: list[Process], seen: str, cure: list[str], tmp_path: Path
) -> None:
    (found,) = judge_processes(root(tmp_path, *processes))
    assert found.verdict == WRONG
    assert f"stopped by a signal: {seen};" in found.seen
    continued = tuple(("systemctl", "kill", "-s", "CONT", f"{unit}.service") for unit in cure)
    assert found.cure.commands == continued


@pytest.mark.parametrize("state", ["S", "R", "D", "t", "Z", "I"])
def test_other_states_are_right(state: str, tmp_path: Path) -> None:
    """`t`: a debugger or strace(1) holds it for a moment."""
    processes = [("smtpd", state, POSTFIX), ("bash", "T", OTHER)]
    (found,) = judge_processes(root(tmp_path, *processes))
    assert (found.verdict, found.seen) == (RIGHT, "1, none is stopped")


def test_without_their_processes_there_is_no_finding(tmp_path: Path) -> None:
    assert not list(judge_processes(root(tmp_path, ("bash", "T", OTHER))))
