"""The layers every host stands on: a Debian tree, the house built upon it, its certificates."""

from __future__ import annotations

import contextlib
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Mapping

from lab import blocklists, certbot, certificates, debs, furnish, packages, stock, store
from lab.overlay import mount_overlay
from lab.shell import require_root, run
from lab.suites import COMMON_PACKAGES, Suite

_HERE = Path(__file__).resolve().parent
_TOOLS = {
    "mmdebstrap": "mmdebstrap",
    "systemd-nspawn": "systemd-container",
    "ip": "iproute2",
    "ssh": "openssh-client",
    "openssl": "openssl",
    "dpkg-deb": "dpkg",
    "nsenter": "util-linux",
}
_CERTIFICATES_LAST = 21 * 24 * 3600
"""Seconds after which the certificates, valid for 90 days, are issued anew."""


@dataclass(frozen=True)
class Base:
    """What a host's overlay is stacked on; `lowers` has the topmost layer first."""

    suite: Suite
    debian: Path
    house: Path
    certificates: Path

    def lowers(self, *, letsencrypt: bool, certbot_too: bool = False) -> list[Path]:
        """Return the layers, with or without /etc/letsencrypt and certbot itself."""
        top = [self.certificates / "tree"] if letsencrypt else []
        low = [certbot.layer(self.suite, self.debian, _overlay)] if certbot_too else []
        return [*top, self.house / "tree", *low, self.debian / "root"]

    @property
    def authority(self) -> Path:
        """The directory of the certificate authority that the hosts trust."""
        return self.house / "ca"

    @property
    def key(self) -> Path:
        """The operator's private ssh key."""
        return self.house / "ssh/id_ed25519"

    @property
    def known_hosts(self) -> Path:
        """The hosts' pinned key, at the host's LAN address."""
        return self.house / "ssh/known_hosts"


def build(suite: Suite) -> Base:
    """Return the finished layers of `suite`, building what is missing."""
    require_root()
    install_tools(_TOOLS)
    debian = store.layer(f"debian-{suite.name}", _debian_key(suite), lambda to: _debian(suite, to))
    epel = _epel(suite, debian)
    house = store.layer(
        f"house-{suite.name}",
        _house_key(suite, debian, epel),
        lambda to: _house(suite, debian, epel, to),
    )
    period = str(int(time.time() // _CERTIFICATES_LAST))
    recipe = store.digest(house.name, period, files=[_HERE / "certificates.py"])
    issued = store.layer(
        f"certificates-{suite.name}",
        recipe,
        lambda to: certificates.issue_lineages(house / "ca", to / "tree"),
    )
    return Base(suite, debian, house, issued)


def install_tools(tools: Mapping[str, str]) -> None:
    """Install the packages of the commands that this machine lacks; `tools` has them by command."""
    missing = [package for tool, package in tools.items() if shutil.which(tool) is None]
    if not missing:
        return
    store.say(f"installing {', '.join(missing)} with apt")
    store.cache().mkdir(parents=True, exist_ok=True)
    log = store.cache() / "apt.log"
    environment = ["env", "DEBIAN_FRONTEND=noninteractive"]
    run([*environment, "apt-get", "--quiet", "update"], log=log)
    install = ["apt-get", "--quiet", "--yes", "--no-install-recommends", "install"]
    run([*environment, *install, *missing], log=log)


def _debian_key(suite: Suite) -> str:
    """Return the hash of what decides on the Debian tree."""
    return store.digest(suite.debian, *COMMON_PACKAGES, *suite.libraries, *_repacked(suite))


def _repacked(suite: Suite) -> list[str]:
    """Return the Debian packages whose programs come as RPMs."""
    return ["postfix", *(f"postfix-{name}" for name in suite.maps), "libsasl2-modules"]


def _debian(suite: Suite, to: Path) -> None:
    """Make the plain Debian tree `to`/root and put what becomes RPMs into `to`/debs."""
    store.say(f"building a Debian {suite.debian} tree for {suite.name} (about a minute)")
    fetched = to / "debs"
    fetched.mkdir()
    debs.download(suite.debian, _repacked(suite), fetched)
    merged = 'for d in bin sbin lib lib64; do mkdir -p "$1/usr/$d"; ln -s "usr/$d" "$1/$d"; done'
    argv = ["mmdebstrap", "--variant=minbase", "--format=directory"]
    argv.append(f"--include={','.join([*COMMON_PACKAGES, *suite.libraries])}")
    if suite.debian == "bullseye":
        # EL has long had /bin as a link into /usr; bullseye alone leaves that to its installer.
        argv.append(f"--setup-hook={merged}")
    argv += [suite.debian, str(to / "root")]
    address = debs.mirror()
    run([*argv, address] if address else argv, log=to / "build.log")


_EPEL = ("opendkim",)
"""Debian's packages of what a host has from EPEL, as RPMs."""


def _epel(suite: Suite, debian: Path) -> Path:
    """Return a directory with these packages, and all that they need and the tree lacks."""
    return store.layer(
        f"epel-{suite.name}",
        store.digest(debian.name, *_EPEL, files=[_HERE / "debs.py"]),
        lambda to: debs.download(suite.debian, _EPEL, to, onto=debian / "root"),
    )


def _house_key(suite: Suite, debian: Path, epel: Path) -> str:
    """Return the hash of the recipe's files, the blocklists, the stock files and the layers below."""
    recipe = [_HERE / name for name in ("base.py", "furnish.py", "packages.py", "certificates.py")]
    recipe += sorted(path for path in (_HERE / "tree").rglob("*") if path.is_file())
    recipe += sorted((_HERE / "rpm").iterdir())
    shipped = stock.stock_files(suite.name)
    zones = repr((blocklists.zone_files(), blocklists.statements()))
    return store.digest(debian.name, epel.name, shipped.name, repr(suite), zones, files=recipe)


def _house(suite: Suite, debian: Path, epel: Path, to: Path) -> None:
    """Build the house as an overlay upon the Debian tree; `to`/tree is what it adds."""
    store.say(f"furnishing {suite.name}: files, RPMs, keys")
    (to / "ssh").mkdir()
    key = to / "ssh/id_ed25519"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "operator", "-f", key])
    certificates.make_authority(to / "ca")
    with _overlay(debian / "root", to) as root:
        furnish.furnish(root, suite, key.with_suffix(".pub").read_text())
        certificates.trust_authority(to / "ca", root)
        shipped = stock.stock_files(suite.name)
        packages.build_repository(root, suite, debian / "debs", epel, shipped)
        host_key = (root / "etc/ssh/ssh_host_ed25519_key.pub").read_text()
    (to / "ssh/known_hosts").write_text(f"192.168.1.1 {host_key}")


@contextlib.contextmanager
def _overlay(lower: Path, to: Path) -> Iterator[Path]:
    """Mount a writable view of `lower` whose changes end up in `to`/tree."""
    upper, work, merged = (to / name for name in ("tree", "work", "merged"))
    for path in (upper, work, merged):
        path.mkdir()
    mount_overlay([lower], upper, work, merged)
    try:
        yield merged
    finally:
        run(["umount", merged])
        shutil.rmtree(work, ignore_errors=True)
        with contextlib.suppress(OSError):
            merged.rmdir()
