"""The stranger's address in a network namespace: gone again whatever signal ends the process."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator

import pytest

from tests.unit.check.network.test_stranger import ADD
from wizard.check.network.stranger import LIFETIME

HOLD = """
    import sys, time
    from wizard.check.network.stranger import stranger_address
    with stranger_address(int(sys.argv[1]), (), ()) as address:
        print(address, flush=True)
        time.sleep(30)
"""

real = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("ip") is None,
    reason="a network namespace of its own needs root",
)


@pytest.fixture
def namespace() -> Iterator[list[str]]:
    """The start of a command line that runs in a network namespace of its own."""
    with subprocess.Popen(
        ["unshare", "--net", "sh", "-c", "ip link set lo up; echo up; cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as keeper:
        assert keeper.stdout is not None
        assert keeper.stdout.readline() == b"up\n"
        yield ["nsenter", f"--net=/proc/{keeper.pid}/ns/net", "--"]


def addresses(namespace: list[str]) -> str:
    argv = [*namespace, "ip", "-oneline", "address", "show", "dev", "lo"]
    lines = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.splitlines()
    return "\n".join(
        line for line in lines if "127.0.0.1/8" not in line and "::1/128 scope host" not in line
    )


@real
@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_deadly_signal_leaves_no_address(
    version: int, number: signal.Signals, namespace: list[str]
) -> None:
    argv = [*namespace, sys.executable, "-c", textwrap.dedent(HOLD), str(version)]
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as held:
        assert held.stdout is not None
        address = held.stdout.readline().strip()
        shown = addresses(namespace)
        held.send_signal(number)
        status = held.wait(10)
    assert f"{address}/" in shown
    assert f"{LIFETIME}sec" in shown
    assert status == (-2 if number == signal.SIGINT else 128 + number)
    assert addresses(namespace) == ""


@real
def test_the_kernel_tidies_up_after_sigkill(namespace: list[str]) -> None:
    add = ADD.format("192.0.2.1").replace(f"_lft {LIFETIME}", "_lft 1")
    subprocess.run([*namespace, *add.split()], check=True)
    assert "192.0.2.1/32" in addresses(namespace)
    deadline = time.monotonic() + 5
    while addresses(namespace) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert addresses(namespace) == ""
