"""The virtual machine's process is told apart from all others; QEMU itself is not needed here."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from lab.shell import LabError
from lab.vm import machine, snapshot
from lab.vm.disk import Disk

DISK = Disk("/nowhere", "/nowhere/key", "/nowhere/known_hosts")


def recorded(home: Path, pid: object) -> machine.Vm:
    with machine.made(home, DISK) as vm:
        (home / "pid").write_text(f"{pid}\n")
    return vm


@pytest.mark.parametrize("pid", ["", "x", -1, 0, 2**40])
def test_a_damaged_record_is_no_machine(tmp_path: Path, pid: object) -> None:
    vm = recorded(tmp_path / "vm", pid)
    assert vm.pid() is None
    assert machine.find(vm.home) is None


def test_a_process_id_that_something_else_has_is_not_ended(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "60"]) as other:
        vm = recorded(tmp_path / "vm", other.pid)
        assert vm.pid() is None
        vm.stop()
        assert other.poll() is None
        other.kill()
    assert not vm.home.exists()


def test_the_machines_own_process_is_ended_with_its_directory(tmp_path: Path) -> None:
    home = tmp_path / "vm"
    drive = f"file={home}/disk.qcow2,if=virtio"
    with subprocess.Popen(["sh", "-c", "sleep 60; :", drive]) as own:
        vm = recorded(home, own.pid)
        # The kernel shows the command line a moment after exec.
        until = time.monotonic() + 5
        while machine.find(home) is None and time.monotonic() < until:
            time.sleep(0.01)
        assert machine.find(home) == vm
        vm.stop()
        assert own.wait() == -9
    assert not home.exists()


def test_a_failed_start_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(LabError), machine.made(tmp_path / "vm", DISK):
        raise LabError("it did not boot")
    assert not (tmp_path / "vm").exists()


def test_another_architecture_is_refused_before_anything_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arm = os.uname_result(("Linux", "host", "6", "1", "aarch64"))
    monkeypatch.setattr(os, "uname", lambda: arm)
    monkeypatch.setattr(snapshot, "require_root", lambda: None)
    monkeypatch.setattr(snapshot, "install_tools", lambda _: pytest.fail("installed"))
    with pytest.raises(LabError, match="x86-64 only"):
        snapshot.up()
