"""The machine from its snapshot: it boots once for each disk, and starts from there in seconds."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from lab import store
from lab.base import install_tools
from lab.shell import LabError, require_root, run
from lab.vm import machine
from lab.vm.disk import Disk, disk

_HERE = Path(__file__).resolve().parent
_TOOLS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "mkfs.ext4": "e2fsprogs",
}


def up() -> machine.Vm:
    """Start the machine and return it. Raises `LabError` where one runs already."""
    require_root()
    if os.uname().machine != "x86_64":
        raise LabError(
            "the virtual machine has this machine's own kind of packages, and its kernel and "
            "QEMU's settings are for x86-64 only: run it on such a machine"
        )
    if machine.find() is not None:
        raise LabError("the virtual machine runs already: end it with `lab vm down` first")
    install_tools(_TOOLS)
    found = disk()
    booted = store.layer(
        "vm-booted",
        store.digest(found.directory, files=[_HERE / "machine.py"]),
        lambda to: _boot(found, to),
    )
    with machine.made(machine.HOME, found) as vm:
        shutil.copyfile(booted / "disk.qcow2", vm.image)
        vm.start(snapshot=True)
    return vm


def running() -> machine.Vm:
    """Return the running machine. Raises `LabError` where there is none."""
    vm = machine.find()
    if vm is None:
        raise LabError("the virtual machine does not run: start it with `lab vm up`")
    return vm


def _boot(found: Disk, to: Path) -> None:
    """Boot the disk once and save the machine's state in `to`/disk.qcow2."""
    store.say("booting the virtual machine without hardware support (some minutes)")
    # In the one place for a machine, so that `lab vm down` ends what a killed build left.
    with machine.made(machine.HOME, found) as vm:
        backing = ["-b", str(found.image), "-F", "raw"]
        run(["qemu-img", "create", "-q", "-f", "qcow2", *backing, vm.image])
        vm.start(snapshot=False)
        vm.run(["sync"], check=True)
        vm.save()
        shutil.copyfile(vm.console, to / "console.log")
        shutil.copyfile(vm.image, to / "disk.qcow2")
    vm.stop()
