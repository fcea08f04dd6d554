"""One virtual machine for all tests here, and the last result, written into docs/limits.md."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.vm import cli, snapshot
from tests.lab.program import PYZ, ROOT
from tests.selinux.machine import Machine

_HERE = Path(__file__).resolve().parent
LIMITS = ROOT / "docs/limits.md"
_PART = re.compile(r"(<!-- selinux: written.*?-->\n).*?(<!-- selinux: end -->)", re.DOTALL)
_RESULT = pytest.StashKey[dict[str, int]]()
_COMMIT = pytest.StashKey[str]()


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Collect nothing here unless this directory was named: a machine is no part of a usual run."""
    return None if all(one.is_relative_to(_HERE) for one in _named(config)) else True


def _named(config: pytest.Config) -> list[Path]:
    """Return the files and directories that the command line of pytest names."""
    words = (one.partition("::")[0] for one in config.args)
    return [Path(config.invocation_params.dir, word).resolve() for word in words]


@pytest.fixture(scope="session")
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    vm = snapshot.up()
    try:
        vm.push(ROOT / PYZ, cli.PROGRAM)
        made = Machine(vm)
        made.denials()  # those of the boot
        made.counts.clear()
        request.config.stash[_RESULT] = made.counts
        request.config.stash[_COMMIT] = _commit()
        yield made
    finally:
        vm.stop()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write the result of a whole run; one of chosen tests counts for nothing."""
    config = session.config
    chosen = config.getoption("keyword") or config.getoption("markexpr") or config.getoption("lf")
    whole = _named(config) == [_HERE]
    ended = exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
    if _RESULT not in config.stash or chosen or not whole or not ended:
        return
    text = LIMITS.read_text()
    LIMITS.write_text(_PART.sub(lambda part: part[1] + _sentence(session) + part[2], text))


def _commit() -> str:
    git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude=*"]
    return subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()


def _sentence(session: pytest.Session) -> str:
    day = time.strftime("%Y-%m-%d", time.gmtime())
    passed = session.testscollected - session.testsfailed
    counts = ", ".join(f"{number} {what}" for what, number in session.config.stash[_RESULT].items())
    return (
        f"The last run was on {day} with commit {session.config.stash[_COMMIT]}: a first set-up with `[aliases]`, a restart of Postfix, section\n"
        f"runs, and undo. {passed} of {session.testscollected} tests passed; {counts}.\n"
    )
