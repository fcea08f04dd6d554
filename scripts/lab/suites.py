"""The two families of hosts that the laboratory can boot, and what stands in for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

from lab.shell import LabError


@dataclass(frozen=True)
class Suite:
    """One EL release: the Debian release whose programs stand in for it, and what it calls itself.

    `libraries` are what the Postfix packages of that Debian release need beside the common ones;
    `maps` are the lookup tables that EL's base package has as plug-ins.
    """

    name: str
    debian: str
    version: str
    codename: str
    libraries: tuple[str, ...]
    maps: tuple[str, ...]

    @property
    def major(self) -> str:
        """The release's first number, as in `platform:el9`."""
        return self.version.partition(".")[0]


COMMON_PACKAGES = (
    "systemd",
    "systemd-sysv",
    "libpam-systemd",
    "dbus",
    "firewalld",
    "rpm",
    "dnf",
    "createrepo-c",
    "openssh-server",
    "openssh-client",
    "bind9",
    "bind9utils",
    "bind9-dnsutils",
    "rsyslog",
    "iproute2",
    "nftables",
    "iputils-ping",
    "procps",
    "python3",
    "openssl",
    "ca-certificates",
    "less",
    "gnupg",
    "kmod",
    "attr",
    "acl",
    "strace",
    "netbase",
    "nano",
    "dovecot-core",
    "dovecot-lmtpd",
    "dovecot-imapd",
    "liblmdb0",
    "libnsl2",
    "libsasl2-2",
)

SUITES: Mapping[str, Suite] = {
    "el9": Suite(
        name="el9",
        debian="bullseye",
        version="9.4",
        codename="Plow",
        libraries=("libdb5.3", "libicu67", "libssl1.1"),
        maps=(),
    ),
    "el10": Suite(
        name="el10",
        debian="trixie",
        version="10.0",
        codename="Coughlan",
        libraries=("libdb5.3t64", "libicu76", "libssl3t64", "libtlsrpt0"),
        maps=("lmdb",),
    ),
}


def suite(name: str) -> Suite:
    """Return the suite called `name`; raises `LabError` naming the known ones."""
    try:
        return SUITES[name]
    except KeyError:
        raise LabError(f"there is no suite {name!r}: choose one of {', '.join(SUITES)}") from None
