"""The EL10 twin's tree with what a machine of its own needs: a kernel and an SELinux policy."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Sequence

from lab import base as bases
from lab import debs, furnish, store
from lab.overlay import mount_overlay
from lab.shell import run, run_in_tree
from lab.suites import suite

_HERE = Path(__file__).resolve().parent
_SUITE = "el10"
_PACKAGES = (
    "linux-image-cloud-amd64",
    "initramfs-tools",
    "udev",
    "selinux-policy-default",
    "selinux-utils",
    "policycoreutils",
    "policycoreutils-python-utils",
    "auditd",
)


@dataclass(frozen=True)
class System:
    """The finished layer upon those of the twin."""

    directory: Path
    base: bases.Base

    def lowers(self) -> list[Path]:
        """Return the layers of the whole tree, the topmost first."""
        return [self.directory / "tree", *self.base.lowers(letsencrypt=True)]


def system() -> System:
    """Return the tree's layers, building what is missing."""
    base = bases.build(suite(_SUITE))
    recipe = [_HERE / "system.py", *_files(_HERE / "tree")]
    key = store.digest(base.house.name, base.certificates.name, files=recipe)
    return System(store.layer("vm-system", key, lambda to: _build(base, to)), base)


def _files(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file())


@contextlib.contextmanager
def writable_view(lowers: Sequence[Path], to: Path) -> Iterator[Path]:
    """Mount a writable view of `lowers`; what is written goes to `to`/tree."""
    upper, work, merged = (to / name for name in ("tree", "work", "merged"))
    for path in (upper, work, merged):
        path.mkdir()
    mount_overlay(lowers, upper, work, merged)
    try:
        yield merged
    finally:
        run(["umount", merged])
        shutil.rmtree(work, ignore_errors=True)
        merged.rmdir()


def _build(base: bases.Base, to: Path) -> None:
    """Install the packages upon the twin's tree."""
    store.say("installing a kernel and an SELinux policy (about two minutes)")
    fetched = to / "debs"
    fetched.mkdir()
    debs.download(base.suite.debian, _PACKAGES, fetched, onto=base.debian / "root")
    with writable_view(base.lowers(letsencrypt=True), to) as root:
        furnish.lay_tree(_HERE / "tree", root)
        shutil.copytree(fetched, root / "srv/debs")
        names = [f"/srv/debs/{deb.name}" for deb in sorted(fetched.glob("*.deb"))]
        # The kernel's package wants linux-base to be configured before it is unpacked.
        for part in ([name for name in names if "/linux-base_" in name], names):
            install = ["dpkg", "--install", "--force-confold", "--skip-same-version", *part]
            run_in_tree(root, ["env", "DEBIAN_FRONTEND=noninteractive", *install])
        shutil.rmtree(root / "srv/debs")
        run_in_tree(root, ["systemctl", "enable", "lab-network.service", "auditd.service"])
        # It fails under Debian's policy, and these addresses do not come from it.
        run_in_tree(root, ["systemctl", "mask", "systemd-network-generator.service"])
    shutil.rmtree(fetched)
