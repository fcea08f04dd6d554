"""Snapshots of a host in one compressed archive: all of /etc, and the wizard's state directory.

An archive holds several snapshots, `NAME/etc/...`, `NAME/state/...` and `NAME/facts.json`. Each is
whole. xz stores what they have in common once, so that eight of them take little more than one.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import stat
import tarfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Iterator

from lab.host import Host

STATE = "/var/lib/postfix-wizard"
_PARTS = {"etc": "/etc", "state": STATE}
_FACTS = "facts.json"
_LEFT_OUT = ("etc/apt",)
"""Debian's own, which no host of the EL family has. A restore leaves it as it is."""

Tree = dict[str, tuple[str, ...]]
"""By path below /etc: kind, mode, owner, and the hash or the link's target."""


@dataclass(frozen=True)
class Facts:
    """What a snapshot has besides files.

    `packages` are RPMs, `answers` is the operator's answers file, `active` says whether Postfix
    runs.
    """

    packages: tuple[str, ...]
    active: bool
    answers: str


def take(host: Host, name: str, answers: str, archive: tarfile.TarFile) -> None:
    """Add a snapshot of a host to an archive that is open for writing."""
    active = host.run(["systemctl", "is-active", "postfix"]).stdout.strip() == "active"
    facts = json.dumps(asdict(Facts(tuple(sorted(_packages(host))), active, answers))).encode()
    member = tarfile.TarInfo(f"{name}/{_FACTS}")
    member.size = len(facts)
    archive.addfile(member, io.BytesIO(facts))
    for part, top in _PARTS.items():
        # A hard link to a file of another snapshot could not be restored alone.
        archive.inodes = {}  # type: ignore[attr-defined]
        path = host.root / top.lstrip("/")
        if path.exists():
            archive.add(path, f"{name}/{part}", filter=_kept)


def _packages(host: Host) -> set[str]:
    return set(host.run(["rpm", "-qa", "--qf", "%{NAME}\n"], check=True).stdout.split())


def _kept(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    _, _, path = member.name.partition("/")
    return None if path.startswith(_LEFT_OUT) else member


@dataclass(frozen=True)
class Snapshot:
    """One snapshot of an archive."""

    archive: Path
    name: str

    def facts(self) -> Facts:
        """Return what it has besides files."""
        with tarfile.open(self.archive) as archive:
            stored = archive.extractfile(f"{self.name}/{_FACTS}")
            assert stored is not None
            fields = json.load(stored)
        return Facts(tuple(fields.pop("packages")), **fields)

    def restore(self, host: Host) -> None:
        """Make a host's packages, files and services those of the snapshot."""
        facts = self.facts()
        host.run(["systemctl", "stop", "postfix"])
        wanted, there = set(facts.packages), _packages(host)
        for verb, names in (("install", wanted - there), ("remove", there - wanted)):
            if names:
                host.run(["dnf", "-y", verb, *names], check=True, timeout=120)
        with tarfile.open(self.archive) as archive:
            archive.extraction_filter = lambda member, _path: member
            members = list(self._members(archive))
            _clear(host.root, {member.name for member in members})
            for member in members:
                if not member.isdir():
                    # Else what a link leads to would be written over.
                    (host.root / member.name).unlink(missing_ok=True)
                archive.extract(member, host.root, numeric_owner=True)
        host.run(["systemctl", "daemon-reload"], check=True)
        host.run(["firewall-cmd", "--reload"], check=True)
        host.run(["systemctl", "restart", "named"], check=True)
        if facts.active:
            host.run(["systemctl", "start", "postfix"], check=True)

    def etc(self) -> Tree:
        """Return its /etc, to compare with that of a host."""
        with tarfile.open(self.archive) as archive:
            return {
                member.name: _of_member(archive, member)
                for member in self._members(archive)
                if member.name.startswith("etc/")
            }

    def _members(self, archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
        """Yield its files, each under its name below the host's root."""
        for member in archive:
            for part, top in _PARTS.items():
                before = f"{self.name}/{part}"
                if member.name == before or member.name.startswith(f"{before}/"):
                    member.name = top.lstrip("/") + member.name[len(before) :]
                    yield member


def _clear(root: Path, wanted: set[str]) -> None:
    """Remove what is below the parts of a snapshot and is not in it."""
    for top in _PARTS.values():
        for directory, names, files in os.walk(root / top.lstrip("/"), topdown=False):
            for name in (*names, *files):
                path = Path(directory, name)
                below = str(path.relative_to(root))
                if below in wanted or below.startswith(_LEFT_OUT):
                    continue
                if path.is_dir() and not path.is_symlink():
                    path.rmdir()
                else:
                    path.unlink()
    if STATE.lstrip("/") not in wanted:
        shutil.rmtree(root / STATE.lstrip("/"), ignore_errors=True)


def etc_of(host: Host) -> Tree:
    """Return a host's /etc, to compare with that of a snapshot."""
    found: Tree = {}
    for directory, names, files in os.walk(host.root / "etc"):
        for name in (*names, *files):
            path = Path(directory, name)
            below = str(path.relative_to(host.root))
            if not below.startswith(_LEFT_OUT):
                found[below] = _of_path(path)
    return found


def _of_path(path: Path) -> tuple[str, ...]:
    status = path.lstat()
    owner = f"{status.st_uid}:{status.st_gid}"
    mode = f"{stat.S_IMODE(status.st_mode):o}"
    if path.is_symlink():
        return ("link", owner, str(path.readlink()))
    if path.is_dir():
        return ("directory", mode, owner)
    with path.open("rb") as stream:
        return ("file", mode, owner, _hash(path.name, stream))


def _of_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> tuple[str, ...]:
    owner = f"{member.uid}:{member.gid}"
    mode = f"{stat.S_IMODE(member.mode):o}"
    if member.issym():
        return ("link", owner, member.linkname)
    if member.isdir():
        return ("directory", mode, owner)
    stream = archive.extractfile(member)
    assert stream is not None
    return ("file", mode, owner, _hash(member.name, stream))


def _hash(name: str, stream: IO[bytes]) -> str:
    text = stream.read()
    if name.endswith(".xml"):
        # firewalld writes a zone anew, in its own order.
        text = b" ".join(sorted(re.findall(rb'name="[^"]*"', text)))
    return hashlib.sha256(text).hexdigest()
