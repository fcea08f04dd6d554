"""The server that has the certificates today: a second host on a cable of its own."""

from __future__ import annotations

from dataclasses import dataclass

from lab.host import Host
from tests.lab.program import ANSWERS, PYZ, ZEKE, BootHost

OLD = "10.0.0.2"
CABLE = "old0"
REMOTE = ZEKE.replace('source = "letsencrypt"', f'source = "remote"\nhost = "root@{OLD}"', 1)


@dataclass(frozen=True)
class Pair:
    """The new server, which has the program and no certificates, and the old one."""

    new: Host
    old: Host


def boot_pair(boot_host: BootHost, *, suite: str = "el9", certbot: bool = False) -> Pair:
    """Boot both and join them; nobody knows the other's keys yet. `certbot` is on the new one."""
    new = boot_host(suite=suite, pyz=PYZ, letsencrypt=False, certbot=certbot)
    pair = Pair(new, boot_host(suite=suite))
    pair.new.join(pair.old, link=CABLE, addresses=("10.0.0.1/24", f"{OLD}/24"))
    pair.new.write(ANSWERS, REMOTE, 0o600)
    return pair


def let_in_by_key(pair: Pair) -> None:
    """Give root of the new server a key that the old one takes."""
    make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/root/.ssh/id_ed25519"]
    pair.new.run(make, check=True)
    key = pair.new.read("/root/.ssh/id_ed25519.pub")
    there = pair.old.read("/root/.ssh/authorized_keys")
    pair.old.write("/root/.ssh/authorized_keys", there + key, 0o600)


def trust_beforehand(pair: Pair) -> None:
    """Put the old server's keys into root's own known_hosts, as a login by hand does."""
    answers_again(pair)
    script = f"ssh-keyscan {OLD} >/root/.ssh/known_hosts 2>/dev/null"
    pair.new.run(["sh", "-c", script], check=True)


def reachable(boot_host: BootHost, *, suite: str = "el9", certbot: bool = False) -> Pair:
    """Boot both; the new one gets in by a key and knows the old one's."""
    pair = boot_pair(boot_host, suite=suite, certbot=certbot)
    let_in_by_key(pair)
    trust_beforehand(pair)
    return pair


def answers_again(pair: Pair) -> None:
    """Wait until the old server's sshd is heard: after a reload, or once the cable is up again."""
    heard = f"until ssh-keyscan -T 2 {OLD} 2>/dev/null | grep -q ed25519; do sleep 0.2; done"
    pair.new.run(["timeout", "20", "sh", "-c", heard], check=True)


SECRET = "canary-himitsu-4711"
"""The password of root on the old server."""


def let_in_by_password(pair: Pair) -> None:
    """Let root log in to the old server with the password."""
    conf = "PermitRootLogin yes\nPasswordAuthentication yes\n"
    pair.old.write("/etc/ssh/sshd_config.d/00-password.conf", conf)
    pair.old.run(["chpasswd"], input=f"root:{SECRET}\n", check=True)
    pair.old.run(["systemctl", "reload", "ssh"], check=True)
    answers_again(pair)
