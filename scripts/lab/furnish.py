"""Turning a plain Debian tree into one that looks like EL where the wizard looks."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from lab import blocklists
from lab.shell import run_in_tree
from lab.suites import Suite

_TREE = Path(__file__).resolve().parent / "tree"

_MASKED = (
    "dev-hugepages.mount",
    "sys-kernel-debug.mount",
    "sys-kernel-tracing.mount",
    "systemd-modules-load.service",
    "systemd-networkd.socket",
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "console-getty.service",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "dovecot.service",
    "dovecot.socket",
    "fstrim.timer",
    "getty.target",
    "ssh.socket",
    "systemd-networkd.service",
    "systemd-pstore.service",
    "systemd-resolved.service",
    "systemd-timesyncd.service",
    "tmp.mount",
)


def furnish(root: Path, suite: Suite, operator_key: str) -> None:
    """Lay the house's files over the Debian tree `root`; `operator_key` may log in as root."""
    _drop_debian(root)
    lay_tree(_TREE, root)
    _identify(root, suite)
    _people(root, operator_key)
    _named(root)
    _units(root)


def lay_tree(source: Path, root: Path) -> None:
    """Copy every file below `source` to the same place in `root`, owned by root, 0644 or 0755."""
    for path in sorted(source.rglob("*")):
        target = root / path.relative_to(source)
        if path.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        if target.is_symlink():
            target.unlink()
        shutil.copyfile(path, target)
        os.chown(target, 0, 0)
        target.chmod(0o755 if os.access(path, os.X_OK) else 0o644)


def _drop_debian(root: Path) -> None:
    """Remove what would tell the wizard that this is Debian."""
    for name in ("etc/debian_version", "etc/dpkg/origins", "etc/issue", "etc/update-motd.d"):
        path = root / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _identify(root: Path, suite: Suite) -> None:
    """Write os-release(5) and its kin as RHEL has them."""
    title = f"Red Hat Enterprise Linux {suite.version} ({suite.codename})"
    fields = {
        "NAME": "Red Hat Enterprise Linux",
        "VERSION": f"{suite.version} ({suite.codename})",
        "ID": "rhel",
        "ID_LIKE": "centos fedora" if suite.major == "10" else "fedora",
        "VERSION_ID": suite.version,
        "PLATFORM_ID": f"platform:el{suite.major}",
        "PRETTY_NAME": title,
        "ANSI_COLOR": "0;31",
        "CPE_NAME": f"cpe:/o:redhat:enterprise_linux:{suite.major}::baseos",
    }
    text = "".join(f'{name}="{value}"\n' for name, value in fields.items())
    (root / "usr/lib/os-release").write_text(text)
    link = root / "etc/os-release"
    link.unlink(missing_ok=True)
    link.symlink_to("../usr/lib/os-release")
    release = f"Red Hat Enterprise Linux release {suite.version} ({suite.codename})\n"
    (root / "etc/redhat-release").write_text(release)
    system = root / "etc/system-release"
    system.unlink(missing_ok=True)
    system.symlink_to("redhat-release")
    (root / "etc/machine-id").write_text("6c61622d686f73742d6f662d7a656b65\n")


def _people(root: Path, operator_key: str) -> None:
    """Make EL's system accounts, a user who gets mail, and let the operator in."""
    script = (
        "set -e; groupadd -r named; "
        "useradd -r -g named -d /var/named -M -s /sbin/nologin -c Named named; "
        "useradd -m -s /bin/bash taro; echo taro:taro-no-himitsu | chpasswd; "
        "mkdir -p /etc/pki/tls/certs /etc/pki/tls/private /etc/sysconfig; "
        "install -m 644 /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt"
    )
    run_in_tree(root, ["sh", "-c", script])
    home = root / "root/.ssh"
    home.mkdir(mode=0o700, exist_ok=True)
    (home / "authorized_keys").write_text(operator_key)
    (home / "authorized_keys").chmod(0o600)


def _named(root: Path) -> None:
    """Add the blocklists' zones, give all EL's owner and mode, and named a control key."""
    for name, text in blocklists.zone_files().items():
        (root / "var/named" / name).write_text(text)
    with (root / "etc/named.conf").open("a") as conf:
        conf.write(blocklists.statements())
    script = (
        "set -e; rndc-confgen -a -A hmac-sha256 -c /etc/bind/rndc.key; "
        "chgrp named /etc/bind/rndc.key /etc/named.conf /var/named /var/named/*; "
        "chmod 640 /etc/bind/rndc.key /etc/named.conf /var/named/*; "
        "chmod 2755 /etc/bind; chmod 1770 /var/named; "
        "named-checkconf -z /etc/named.conf"
    )
    run_in_tree(root, ["sh", "-c", script])


def _units(root: Path) -> None:
    """Enable what EL's preset enables and mask what would only slow the boot down."""
    run_in_tree(root, ["systemctl", "preset-all"])
    units = root / "etc/systemd/system"
    for name in _MASKED:
        path = units / name
        path.unlink(missing_ok=True)
        path.symlink_to("/dev/null")
