"""pflogsumm, which EL has in postfix-perl-scripts: Debian's, with the Perl modules that it needs."""

from __future__ import annotations

from pathlib import Path

from lab import debs, store
from lab.host import Host
from lab.shell import run
from lab.suites import suite

_HERE = Path(__file__).resolve().parent
_PACKAGES = ("pflogsumm", "libdate-calc-perl", "libcarp-clan-perl", "libbit-vector-perl")


def install(host: Host) -> None:
    """Put it on the host; fetched once from the suite's own release."""
    release = suite(host.options.suite).debian
    recipe = store.digest(release, files=[_HERE / "pflogsumm.py", _HERE / "debs.py"])
    kept = store.layer(f"pflogsumm-{release}", recipe, lambda to: _fetch(release, to))
    host.push(kept / "tree.tar", "/root/pflogsumm.tar")
    # Where EL has /bin and /lib as links, so have they.
    host.run(
        ["tar", "-C", "/", "--keep-directory-symlink", "-xf", "/root/pflogsumm.tar"], check=True
    )
    host.run(["rm", "/root/pflogsumm.tar"], check=True)


def _fetch(release: str, to: Path) -> None:
    debs.download(release, _PACKAGES, to)
    for package in to.glob("*.deb"):
        run(["dpkg-deb", "-x", package, to / "tree"])
    run(["tar", "-C", to / "tree", "-cf", to / "tree.tar", "."])
    run(["rm", "-r", to / "tree"])
