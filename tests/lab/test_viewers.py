"""Two people look at one run: both see the same, and either may answer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable

import pexpect
import pytest

from lab.host import Host

pytestmark = pytest.mark.lab

ROOT = Path(__file__).parents[2]
ZEKE = (ROOT / "examples/zeke.toml").read_text()
BootHost = Callable[..., Host]
FIRST = "[1/"


def viewer(host: Host, *words: str) -> pexpect.spawn[str]:
    """Log in over ssh and follow the run in a terminal."""
    program, *rest = host.ssh_argv(["/usr/local/bin/postfix-wizard", *words])
    return pexpect.spawn(program, rest, encoding="utf-8", timeout=90)


def told(screen: pexpect.spawn[str], before: str) -> list[str]:
    """Return the lines of the run to its end, but for those about the question."""
    screen.expect(pexpect.EOF)
    screen.close()
    text = (before + str(screen.before)).replace("\r\n", "\n")
    text = re.sub(r"\[y/N\]:.*?\n+", "[y/N]:\n", text)
    lines = text[text.index(FIRST) :].splitlines()
    return [line for line in lines if line.strip() and "answered already" not in line]


@pytest.mark.promise(2)
def test_two_viewers_see_the_same_and_either_may_answer(boot_host: BootHost) -> None:
    host = boot_host(pyz=str(ROOT / "dist/postfix-wizard.pyz"), unimported_key=True)
    host.write("/root/zeke.toml", ZEKE, 0o600)
    first = viewer(host, "apply", "--answers", "/root/zeke.toml", "--yes")
    first.expect("The run asks:")
    of_first = f"{first.before}{first.after}"
    first.expect(r"\[y/N\]: ")
    of_first += f"{first.before}{first.after}"
    second = viewer(host, "attach")
    second.expect("The run asks:")
    of_second = f"{second.before}{second.after}"
    second.expect(r"\[y/N\]: ")
    of_second += f"{second.before}{second.after}"
    second.sendline("y")
    seen = told(first, of_first), told(second, of_second)
    assert seen[0] == seen[1]
    assert (first.exitstatus, second.exitstatus) == (0, 0)
    assert any(line.startswith("Run ") and line.endswith(": done.") for line in seen[0])
