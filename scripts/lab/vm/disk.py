"""The machine's disk: the tree with the lab's own policy, labelled, as one image with its kernel."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from lab import store
from lab.shell import run, run_in_tree
from lab.vm.system import System, system, writable_view

_HERE = Path(__file__).resolve().parent
_SIZE = "6G"
"""Of the image, which is sparse."""
_PATTERNS = "/etc/selinux/default/contexts/files/file_contexts"


@dataclass(frozen=True)
class Disk:
    """The finished layer: an image of the root file system, its kernel, and how to log in."""

    directory: str
    key: str
    known_hosts: str

    @property
    def image(self) -> Path:
        """The root file system, never written."""
        return Path(self.directory, "disk.img")

    @property
    def kernel(self) -> Path:
        """The kernel that QEMU starts."""
        return Path(self.directory, "vmlinuz")

    @property
    def initrd(self) -> Path:
        """The initial file system with the disk's driver."""
        return Path(self.directory, "initrd.img")


def disk() -> Disk:
    """Return the machine's disk, building what is missing."""
    found = system()
    key = store.digest(found.directory.name, files=[_HERE / "disk.py", _HERE / "policy.cil"])
    made = store.layer("vm-disk", key, lambda to: _build(found, to))
    return Disk(str(made), str(found.base.key), str(found.base.known_hosts))


def _build(found: System, to: Path) -> None:
    """Add the local policy, label every file, and make an image of the whole."""
    store.say("labelling the tree and making its disk (about two minutes)")
    with writable_view(found.lowers(), to) as root:
        shutil.copy(_HERE / "policy.cil", root / "srv/lab.cil")
        run_in_tree(root, ["semodule", "-N", "-i", "/srv/lab.cil"])
        run_in_tree(root, ["setfiles", "-F", "-e", "/proc", "-e", "/dev", _PATTERNS, "/"])
        image = to / "disk.img"
        run(["truncate", "-s", _SIZE, image])
        run(["mkfs.ext4", "-q", "-F", "-d", root, image])
        for name in ("vmlinuz", "initrd.img"):
            newest = max((root / "boot").glob(f"{name}-*"))
            shutil.copy(newest, to / name)
    shutil.rmtree(to / "tree")
