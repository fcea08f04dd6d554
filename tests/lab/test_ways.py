"""/etc/letsencrypt and /etc/postfix on another volume: by a link of root's, or by a mount."""

from __future__ import annotations

import re
import shlex

import pytest

from lab.host import Host
from tests.lab.old_server import reachable
from tests.lab.program import ANSWERS, PYZ, ZEKE, BootHost, apply, state, wizard

pytestmark = pytest.mark.lab

DEPLOY = "/etc/letsencrypt/renewal-hooks/deploy"


def volume(host: Host) -> None:
    """A file system of its own, as another disk is."""
    host.run(["sh", "-c", "mkdir -p /srv/volume && mount -t tmpfs tmpfs /srv/volume"], check=True)


def move_away(host: Host, path: str) -> str:
    """Move a directory onto the volume, and return where it is."""
    there = f"/srv/volume/{path.rpartition('/')[2]}"
    host.run(["sh", "-c", f"mkdir -p {path} && cp -a {path} {there} && rm -r {path}"], check=True)
    return there


@pytest.mark.promise(44)
@pytest.mark.parametrize(
    ("path", "installed"),
    [
        ("/etc/letsencrypt", False),
        ("/etc/letsencrypt/renewal-hooks", True),
        ("/etc/postfix", True),
        ("/etc/postfix", False),
    ],
)
def test_a_link_of_roots_is_followed(boot_host: BootHost, path: str, installed: bool) -> None:
    host = boot_host(pyz=PYZ)
    host.write(ANSWERS, ZEKE, 0o600)
    if installed:
        host.run(["dnf", "-y", "install", "postfix"], check=True)
    volume(host)
    there = move_away(host, path)
    host.run(["ln", "-s", there, path], check=True)
    code, said = wizard(host, "plan", "--answers", ANSWERS)
    assert f"{path} is a link: this run writes to {there} instead." in said, said
    code, said = apply(host)
    assert code == 0, said
    code, said = wizard(host, "plan")
    assert (code, "Nothing to do" in said) == (0, True), said
    code, said = wizard(host, "status")
    assert code == 0, said
    assert "DRIFTED" not in said
    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert host.run(["readlink", path]).stdout.strip() == there


def test_a_link_that_is_not_followed_is_an_obstacle_and_its_advice_works(
    boot_host: BootHost,
) -> None:
    path = "/etc/letsencrypt/live"
    host = boot_host(pyz=PYZ)
    host.write(ANSWERS, ZEKE, 0o600)
    volume(host)
    host.run(["ln", "-s", move_away(host, path), path], check=True)
    before = state(host)
    code, said = apply(host)
    assert code == 1, said
    assert state(host) == before, "nothing was begun"
    (advice,) = set(re.findall(rf"rm {path} && mkdir {path} && mount --bind \S+ \S+", said))
    host.run(["sh", "-c", advice], check=True)
    # Where rm and mkdir made a directory of root's, its mode is the volume's.
    code, said = apply(host)
    assert code == 0, said
    code, said = wizard(host, "undo", "--yes")
    assert code == 0, said
    assert host.run(["mountpoint", "-q", path]).returncode == 0


def test_a_host_that_was_moved_behind_a_link_has_not_drifted(boot_host: BootHost) -> None:
    host = boot_host(pyz=PYZ)
    host.write(ANSWERS, ZEKE, 0o600)
    assert apply(host)[0] == 0
    volume(host)
    for path in ("/etc/letsencrypt", "/etc/postfix"):
        host.run(["ln", "-s", move_away(host, path), path], check=True)
    code, said = wizard(host, "status")
    assert code == 0, said


def test_a_link_that_nothing_is_written_below_is_only_read(boot_host: BootHost) -> None:
    """Lineages of this host stay in archive/: the run links to them and writes nothing there."""
    host = boot_host(pyz=PYZ)
    host.write(ANSWERS, ZEKE, 0o600)
    volume(host)
    path = "/etc/letsencrypt/archive"
    host.run(["ln", "-s", move_away(host, path), path], check=True)
    for words in (("apply", "--answers", ANSWERS, "--yes"), ("undo", "--yes")):
        code, said = wizard(host, *words)
        assert code == 0, said
    assert host.run(["test", "-L", path]).returncode == 0


def test_a_gather_run_and_the_run_after_it_follow_a_link(boot_host: BootHost) -> None:
    new = reachable(boot_host).new
    path = "/etc/letsencrypt"
    new.run(["mkdir", "-p", path], check=True)
    volume(new)
    new.run(["ln", "-s", move_away(new, path), path], check=True)
    code, said = apply(new)
    assert code == 0, said
    assert new.run(["test", "-L", path]).returncode == 0


@pytest.mark.parametrize(
    ("spoil", "said_of_it"),
    [
        ("chmod 0777 /etc/letsencrypt", "/etc/letsencrypt can be written by others"),
        ("chmod g+w /etc/postfix", "/etc/postfix can be written by others"),
        ("chown taro /etc/postfix", "/etc/postfix belongs to another user than root"),
        (
            "rm -rf /etc/letsencrypt/renewal-hooks && touch /etc/letsencrypt/renewal-hooks",
            "/etc/letsencrypt/renewal-hooks is not a directory",
        ),
        (
            f"mkdir -p {DEPLOY} && ln -s /usr/bin/true {DEPLOY}/postfix-wizard",
            "which replacing would",
        ),
        (f"mkdir -p {DEPLOY} && touch /x && ln /x {DEPLOY}/postfix-wizard", "has another name"),
    ],
)
def test_what_a_run_would_refuse_is_in_the_plan(
    boot_host: BootHost, spoil: str, said_of_it: str
) -> None:
    host = boot_host(pyz=PYZ)
    host.write(ANSWERS, ZEKE, 0o600)
    host.run(["dnf", "-y", "install", "postfix"], check=True)
    host.run(["sh", "-c", spoil], check=True)
    before = state(host)
    code, said = apply(host)
    assert code == 1, said
    assert said_of_it in said, shlex.quote(spoil)
    assert state(host) == before
