"""Debian packages of another release, fetched with this machine's apt but none of its state."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Optional, Sequence

from lab.shell import LabError, run

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def mirror() -> Optional[str]:
    """Return the Debian mirror that this machine's apt uses, or None where it has none."""
    query = ["--format", "$(LABEL) $(REPO_URI)", "Created-By: Packages", "Origin: Debian"]
    for line in run(["apt-get", "indextargets", *query]).splitlines():
        label, _, address = line.partition(" ")
        if label == "Debian":
            return address
    return None


def download(
    release: str, packages: Sequence[str], to: Path, *, onto: Optional[Path] = None
) -> None:
    """Fetch `packages` of a Debian release into the directory `to`; needs no root.

    With `onto`, a Debian tree, all that they need and that is not installed there comes too.
    apt checks the signatures as ever, with a root directory of its own below `to`.
    """
    address = mirror()
    if address is None:
        raise LabError(
            "apt knows no Debian mirror here: add one to its sources and run apt-get update"
        )
    own = to / "apt"
    for name in ("etc/apt", "lists/partial", "archives/partial"):
        (own / name).mkdir(parents=True)
    (own / "status").touch()
    source = f"deb [signed-by={_KEYRING}] {address} {release} main\n"
    (own / "etc/apt/sources.list").write_text(source)
    settings = {
        "Dir::Etc::SourceList": own / "etc/apt/sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": own / "lists",
        "Dir::State::Status": onto / "var/lib/dpkg/status" if onto else own / "status",
        "Dir::Cache": own,
        "Dir::Cache::Archives": own / "archives",
        "Acquire::Languages": "none",
        "APT::Get::List-Cleanup": "false",
        "Debug::NoLocking": "true",
    }
    if os.geteuid() == 0:
        settings["APT::Sandbox::User"] = "root"
    apt = ["apt-get", "--quiet"]
    for name, value in settings.items():
        apt += ["-o", f"{name}={value}"]
    log = to / "apt.log"
    run([*apt, "update"], log=log)
    if onto is None:
        run([*apt, "download", *packages], log=log, cwd=to)
    else:
        whole = ["--yes", "--download-only", "--no-install-recommends", "install"]
        run([*apt, *whole, *packages], log=log)
        for deb in (own / "archives").glob("*.deb"):
            deb.rename(to / deb.name)
    run(["rm", "-r", own])
