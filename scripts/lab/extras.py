"""Programs that a host of the lab lacks: Debian's packages, unpacked on it.

They stand for packages of EL that its repository here does not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lab import debs, store
from lab.host import Host
from lab.shell import run
from lab.suites import suite

_HERE = Path(__file__).resolve().parent

PFLOGSUMM = ("pflogsumm", "libdate-calc-perl", "libcarp-clan-perl", "libbit-vector-perl")
"""EL has it in postfix-perl-scripts; with the Perl modules that it needs."""


def install(host: Host, packages: Sequence[str]) -> None:
    """Put packages on the host; fetched once from the suite's own release."""
    release = suite(host.options.suite).debian
    recipe = store.digest(release, *packages, files=[_HERE / "extras.py", _HERE / "debs.py"])
    kept = store.layer(f"{packages[0]}-{release}", recipe, lambda to: _fetch(release, packages, to))
    host.push(kept / "tree.tar", "/root/extras.tar")
    # Where EL has /bin and /lib as links, so have they.
    host.run(["tar", "-C", "/", "--keep-directory-symlink", "-xf", "/root/extras.tar"], check=True)
    host.run(["rm", "/root/extras.tar"], check=True)


def _fetch(release: str, packages: Sequence[str], to: Path) -> None:
    debs.download(release, packages, to)
    for package in to.glob("*.deb"):
        run(["dpkg-deb", "-x", package, to / "tree"])
    run(["tar", "-C", to / "tree", "-cf", to / "tree.tar", "."])
    run(["rm", "-r", to / "tree"])
