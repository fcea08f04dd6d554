"""What stops every run is in the plan, and `apply`, `resume` and `undo` make no run of it."""

from __future__ import annotations

import pytest

from lab.host import Host
from tests.lab.program import ANSWERS, BAD, PROGRAM, PYZ, ZEKE, BootHost, apply, state, wizard

pytestmark = pytest.mark.lab

NOT_SYSTEMD = ["unshare", "-m", "sh", "-ec", 'mount -t tmpfs tmpfs /run/systemd; exec "$@"', "sh"]
"""A mount namespace of its own, in which systemd is not to be seen, as in most containers."""
NO_ESCAPES = ("\x1b", "\\x1b", "[0;1;31m")


def runs(host: Host) -> str:
    return host.run([PROGRAM, "runs"], check=True).stdout


def outside_systemd(host: Host, *words: str) -> tuple[int, str]:
    done = host.run([*NOT_SYSTEMD, PROGRAM, *words], timeout=180)
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    return done.returncode, said


@pytest.mark.promise(44)
@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_without_systemd_the_plan_says_so_and_no_run_is_made(
    boot_host: BootHost, suite: str
) -> None:
    host = boot_host(suite=suite, pyz=PYZ)
    host.write(ANSWERS, ZEKE, 0o600)
    before = state(host)
    code, said = outside_systemd(host, "plan", "--answers", ANSWERS)
    assert code == 1, said
    assert "systemd does not run here (/run/systemd/system is missing)" in said
    assert "systemctl start firewalld" not in said
    code, said = outside_systemd(host, "apply", "--answers", ANSWERS, "--yes")
    assert code == 1, said
    assert "systemd does not run here" in said
    assert not any(word in said for word in NO_ESCAPES), said
    assert state(host) == before
    # Of a host that is set up, nothing can be undone there, and nothing resumed.
    code, said = apply(host)
    assert code == 0, said
    listed = runs(host)
    code, said = outside_systemd(host, "undo", "--yes")
    assert code == 1, said
    assert "systemd does not run here" in said
    assert runs(host) == listed


HIDES = "mount --make-rprivate /; for at in {}; do mount --bind /dev/null $at; done; "
BUS = "/run/dbus/system_bus_socket"
SILENT = {
    "systemd does not answer": (
        HIDES.format(f"/run/systemd/private {BUS}"),
        "systemd does not answer (",
        ("postfix.service, active", "not known: systemd does not answer"),
    ),
    "D-Bus is stopped": (
        HIDES.format(BUS),
        "firewalld runs and does not answer on D-Bus",
        ("firewall, zone public: smtp", "not known: firewalld does not answer"),
    ),
    "a chroot": (
        "mkdir -p /mnt/bare; mount --bind / /mnt/bare; exec chroot /mnt/bare ",
        "/proc/self is missing, as in a chroot",
        (),
    ),
    "no devices": ("mount -t tmpfs tmpfs /dev; ", "/dev/null is missing, as in a chroot", ()),
}
"""How it comes about in a mount namespace of its own, what `plan` says, and what `status` does."""


@pytest.mark.promise(44)
def test_what_cannot_be_asked_is_not_told_as_stopped(fresh: Host) -> None:
    code, said = apply(fresh)
    assert code == 0, said
    listed = runs(fresh)
    for name, (script, words, shown) in SILENT.items():
        here = ["unshare", "-m", "sh", "-c", f'{script} "$@"', "sh", PROGRAM]
        done = fresh.run([*here, "plan", "--answers", ANSWERS])
        said = done.stdout + done.stderr
        assert "Traceback" not in said
        assert words in said, (name, said)
        assert done.returncode == 1
        assert "installed but stopped" not in said
        status = " ".join(fresh.run([*here, "status"]).stdout.split())
        assert all(word in status for word in shown), (name, status)
    assert runs(fresh) == listed


def test_firewalld_that_is_stopped_is_not_to_be_started_by_a_program_that_is_not_there(
    fresh: Host,
) -> None:
    fresh.run(["systemctl", "stop", "firewalld"], check=True)
    code, said = outside_systemd(fresh, "plan", "--answers", ANSWERS)
    assert code == 1, said
    assert "firewalld is installed but stopped" in said
    assert "systemctl start firewalld" not in said
    assert "filter the ports outside this container" in said


@pytest.mark.promise(44)
def test_a_zone_that_nothing_comes_in_by_and_a_firewalld_that_is_masked(fresh: Host) -> None:
    for cable in ("enp0s3", "enp0s8"):
        argv = ["firewall-cmd", "--zone=internal", f"--change-interface={cable}"]
        fresh.run(argv, check=True)  # at run time alone, as NetworkManager binds them
    code, said = apply(fresh)
    assert code == BAD, said
    assert "--accept firewall-zone=public" in said
    assert 'firewall_zone = "internal"' in said
    fresh.run(["systemctl", "mask", "--now", "firewalld"], check=True)
    code, said = apply(fresh)
    assert code == 0, said
    assert "disabled or masked" in said
    assert "unknown  firewall: zone public: firewalld is disabled or masked" in said
    code, said = wizard(fresh, "check")
    assert code == 0, said


MOVED = "mv /usr/bin/systemd-run /usr/bin/systemd-run.real; "
STUB = (
    MOVED
    + "printf '%s\\n' '#!/bin/sh' {lines} >/usr/bin/systemd-run; chmod 755 /usr/bin/systemd-run"
)
REFUSED = {
    "systemd-run is not there": (MOVED, "systemd-run(1) is missing"),
    "systemd-run is not executable": (
        "chmod -x /usr/bin/systemd-run",
        "systemd-run(1) is missing",
    ),
    "no bus": (
        "rm -r /usr/sbin/firewalld /etc/firewalld /run/systemd/private /run/dbus/system_bus_socket",
        "systemd does not answer (",
    ),
    "coloured words": (
        STUB.format(
            lines=r"""'printf "\033[0;1;31mSystem has not\033[0m been booted \033]0;x\a(\033[K1)\n" >&2'"""
            " 'exit 1'"
        ),
        "systemd-run: System has not been booted (1).",
    ),
    "no words at all": (STUB.format(lines="'exit 3'"), "systemd-run: exit status 3, no message"),
}


@pytest.mark.promise(44)
@pytest.mark.parametrize("name", REFUSED)
def test_a_worker_that_cannot_be_started_leaves_no_run(fresh: Host, name: str) -> None:
    script, words = REFUSED[name]
    fresh.run(["sh", "-c", script])
    code, said = apply(fresh)
    assert code == 1, said
    assert words in said, said
    assert not any(word in said for word in NO_ESCAPES), said
    assert "not started" not in runs(fresh).lower()
    assert not list((fresh.root / "var/lib/postfix-wizard/runs").glob("*"))


def test_a_worker_that_began_in_spite_of_the_error_keeps_its_run(fresh: Host) -> None:
    lines = "'/usr/bin/systemd-run.real \"$@\"' 'sleep 1' 'echo lost the bus >&2' 'exit 1'"
    fresh.run(["sh", "-c", STUB.format(lines=lines)], check=True)
    code, said = apply(fresh)
    assert code == 1, said
    assert "systemd-run: lost the bus" in said
    fresh.run(["sh", "-c", f"{PROGRAM} attach; {PROGRAM} runs | grep -q done"], check=True)


STORES = {
    "a state directory without room": (
        (
            "mkdir -p /var/lib/postfix-wizard; "
            "mount -t tmpfs -o size=16k,mode=700 tmpfs /var/lib/postfix-wizard; "
            "dd if=/dev/zero of=/var/lib/postfix-wizard/full bs=1k count=64 2>/dev/null || :"
        ),
        "No space left on device: a run needs 1",
    ),
    "room for a part of a run alone": (
        (
            "mkdir -p /var/lib/postfix-wizard; "
            "mount -t tmpfs -o size=256k,mode=700 tmpfs /var/lib/postfix-wizard"
        ),
        "No space left on device: a run needs 1",
    ),
    "no inodes": (
        (
            "mkdir -p /var/lib/postfix-wizard; "
            "mount -t tmpfs -o nr_inodes=9,mode=700 tmpfs /var/lib/postfix-wizard"
        ),
        "inodes free",
    ),
    "a read-only /var": (
        "mount --bind /var /var; mount -o remount,bind,ro /var",
        "Read-only file system: the run writes to /var/lib",
    ),
    "a read-only state directory": (
        (
            "mkdir -p -m 700 /var/lib/postfix-wizard; "
            "mount --bind /var/lib/postfix-wizard /var/lib/postfix-wizard; "
            "mount -o remount,bind,ro /var/lib/postfix-wizard"
        ),
        "Read-only file system: the run writes to /var/lib/postfix-wizard",
    ),
    "a full /run": (
        "dd if=/dev/zero of=/run/full bs=1M 2>/dev/null || :",
        "No space left on device: a run needs",
    ),
    "a read-only /etc": (
        "mount --bind /etc /etc; mount -o remount,bind,ro /etc",
        "Read-only file system: the run writes to /etc",
    ),
    "a read-only /etc/postfix": (
        "mount --bind /etc/postfix /etc/postfix; mount -o remount,bind,ro /etc/postfix",
        "Read-only file system: the run writes to /etc/postfix",
    ),
    "a read-only /etc/letsencrypt": (
        "mount --bind /etc/letsencrypt /etc/letsencrypt; mount -o remount,bind,ro /etc/letsencrypt",
        "Read-only file system: the run writes to /etc/letsencrypt/live",
    ),
    "an /etc/postfix without room": (
        (
            "cp -a /etc/postfix /root/kept; mount -t tmpfs -o mode=755,size=256k tmpfs /etc/postfix; "
            "cp -a /root/kept/. /etc/postfix; "
            "dd if=/dev/zero of=/etc/postfix/ballast bs=4k 2>/dev/null || :"
        ),
        "file system of /etc/postfix, which has 0 KiB free",
    ),
}


@pytest.mark.promise(9, 44)
@pytest.mark.parametrize("name", STORES)
def test_a_place_that_cannot_be_written_is_an_obstacle(fresh: Host, name: str) -> None:
    script, words = STORES[name]
    fresh.run(["dnf", "-y", "install", "postfix"], check=True)
    fresh.run(["sh", "-c", script], check=True)
    before = state(fresh)
    code, said = wizard(fresh, "plan", "--answers", ANSWERS)
    assert code == 1, said
    assert words in said, said
    code, said = apply(fresh)
    assert code == 1, said
    assert words in said, said
    assert state(fresh) == before
    assert runs(fresh) == "No run was ever started here.\n"


def test_an_undo_says_so_too(fresh: Host) -> None:
    code, said = apply(fresh)
    assert code == 0, said
    listed = runs(fresh)
    fresh.run(["sh", "-c", "mount --bind /etc /etc; mount -o remount,bind,ro /etc"], check=True)
    before = state(fresh)
    code, said = wizard(fresh, "undo", "--yes")
    assert code == 1, said
    assert "Read-only file system: the run writes to /etc" in said
    assert (state(fresh), runs(fresh)) == (before, listed)
    fresh.run(["umount", "/etc"], check=True)
    code, said = wizard(fresh, "undo", "--yes")
    assert code == 0, said
