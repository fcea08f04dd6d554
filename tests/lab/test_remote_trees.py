"""What the present server may hold and do: broken lineages, hostile trees, a cut connection."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab.host import Host
from tests.lab.old_server import (
    CABLE,
    OLD,
    REMOTE,
    Pair,
    answers_again,
    boot_pair,
    reachable,
)
from tests.lab.program import ANSWERS, PROGRAM, BootHost, apply, state, wizard

pytestmark = pytest.mark.lab

GATHERED = "/var/lib/postfix-wizard/gathered"
LETSENCRYPT = "/etc/letsencrypt"

BAD = """
set -e
cd /etc/letsencrypt
copy() {  # a lineage of another name: archive, live, renewal
    cp -a archive/zeke.jp archive/$1; cp -a live/zeke.jp live/$1; cp -a renewal/zeke.jp.conf renewal/$1.conf
}
copy mismatch; cp archive/zeke.jp/privkey1.pem archive/mismatch/privkey3.pem
cp archive/zeke.jp/privkey1.pem live/mismatch/privkey.pem
for n in 1 2; do rm archive/mismatch/*$n.pem; done
copy unsigned; cd archive/unsigned; rm *1.pem *2.pem
openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=another issuer" -keyout /dev/null -out chain3.pem
cat cert3.pem chain3.pem >fullchain3.pem; cp chain3.pem fullchain3.pem ../../live/unsigned/; cd ../..
copy expired; cd archive/expired; rm *1.pem *2.pem
openssl req -newkey rsa:2048 -nodes -subj /CN=expired.example -keyout privkey3.pem -out /tmp/r
printf 'subjectAltName=DNS:expired.example\\n' >/tmp/x
openssl x509 -req -days -1 -in /tmp/r -signkey privkey3.pem -extfile /tmp/x -out cert3.pem
cp cert3.pem fullchain3.pem; cp cert3.pem chain3.pem; cp *.pem ../../live/expired/; cd ../../live/expired
for kind in cert chain fullchain privkey; do mv ${kind}3.pem $kind.pem; done; cd ../..
copy gaps; mv archive/gaps/cert2.pem archive/gaps/cert7.pem; rm archive/gaps/chain1.pem
# As certbot itself has it: links.
for kind in cert chain fullchain privkey; do ln -sf ../../archive/zeke.jp/${kind}3.pem live/zeke.jp/$kind.pem; done
mkdir -p accounts/acme/directory/1; echo '{}' >accounts/acme/directory/1/private_key.json
chmod 400 accounts/acme/directory/1/private_key.json
mkdir -p csr renewal-hooks/deploy
"""

HOSTILE = """
set -e
cd /etc/letsencrypt
mkfifo archive/zeke.jp/fifo
mknod archive/zeke.jp/null c 1 3
ln -s /etc/shadow live/zeke.jp/shadow
ln -s ../../../../nowhere archive/zeke.jp/dangling
ln -s .. renewal/round
touch "$(printf 'renewal/a\\nb.conf')" "$(printf 'archive/zeke.jp/\\033]0;evil\\007.pem')"
mkdir "$(printf 'live/new\\nline')" live/-oProxyCommand=x
"""


def links(host: Host, name: str) -> list[str]:
    script = (
        f"for k in cert chain fullchain privkey; do readlink {LETSENCRYPT}/live/{name}/$k.pem; done"
    )
    return host.run(["sh", "-c", script]).stdout.split()


def test_each_lineage_is_judged_alone(boot_host: BootHost) -> None:
    pair = reachable(boot_host)
    pair.old.run(["bash", "-c", BAD], check=True)
    new = pair.new
    code, said = apply(new)
    assert code == 0, said
    assert "mismatch: CANNOT BE USED: number 3: the key does not belong to the certificate" in said
    assert "unsigned: CANNOT BE USED: certificate 1 of its chain is not signed by the next" in said
    assert "expired: CANNOT BE USED: it expired on" in said
    for name in ("mismatch", "unsigned", "expired"):
        assert f"lineage {name} of root@{OLD} is copied and not linked" in said
        assert links(new, name) == [], "copied, and not linked"
        same = [
            f"{LETSENCRYPT}/{part}/{name}/privkey{n}.pem"
            for part, n in (("archive", 3), ("live", ""))
        ]
        for path in same:
            assert new.read(path) == pair.old.read(path)
    assert links(new, "zeke.jp")[3] == "../../archive/zeke.jp/privkey3.pem"
    assert links(new, "gaps")[3] == "../../archive/gaps/privkey3.pem"
    account = f"{LETSENCRYPT}/accounts/acme/directory/1/private_key.json"
    assert new.run(["stat", "-c", "%a %U:%G", account]).stdout.strip() == "600 root:root"
    code, said = wizard(new, "plan")
    assert (code, said.count("Nothing to do")) == (0, 1), said

    # An authority that nobody here trusts is a warning.
    code, said = wizard(new, "undo", "--yes")
    assert code == 0, said
    assert new.run(["ls", LETSENCRYPT]).returncode != 0
    new.run(["rm", "-r", "/etc/ssl/certs"], check=True)
    code, said = wizard(new, "apply", "--answers", ANSWERS, "--yes")
    assert "that this host does not trust" in said.replace("\n", " ")


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_a_hostile_tree_is_told_and_survived(boot_host: BootHost, suite: str) -> None:
    """EL9's twin has the scp of old, EL10's one that speaks sftp, as EL9 itself has."""
    pair = reachable(boot_host, suite=suite)
    pair.old.run(["bash", "-c", HOSTILE], check=True)
    code, said = apply(pair.new)
    assert code == 0, said
    assert "\x1b" not in said
    for path in ("fifo", "null", "dangling"):
        assert path in said, path
    assert links(pair.new, "zeke.jp")[3] == "../../archive/zeke.jp/privkey3.pem"
    strays = ["find", LETSENCRYPT, "-name", "shadow", "-o", "-name", "round"]
    assert pair.new.run(strays).stdout == "", "what links led to stays where it is"
    names = pair.new.run(["find", LETSENCRYPT, "-name", "*\n*", "-o", "-name", "*\x1b*"]).stdout
    assert names == ""
    odd = pair.new.run(
        ["find", LETSENCRYPT, "!", "-type", "f", "!", "-type", "d", "!", "-path", "*/live/*/*.pem"]
    )
    assert odd.stdout == ""


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_a_file_beyond_all_reason(boot_host: BootHost, suite: str) -> None:
    pair = reachable(boot_host, suite=suite)
    pair.old.run(["truncate", "-s", "1G", f"{LETSENCRYPT}/archive/zeke.jp/big"], check=True)
    code, said = apply(pair.new)
    assert code == 1, said
    assert "the largest file is /etc/letsencrypt/archive/zeke.jp/big" in said
    assert pair.new.run(["ls", "-A", GATHERED]).stdout == ""


SLOW = [
    "tc",
    "qdisc",
    "add",
    "dev",
    CABLE,
    "root",
    "tbf",
    "rate",
    "256kbit",
    "burst",
    "4kb",
    "latency",
    "9s",
]


@contextmanager
def half_copied(pair: Pair) -> Iterator[subprocess.Popen[str]]:
    """Apply the answers over a slow cable, and hand over when a part of the copy has come."""
    new = pair.new
    pair.old.run(["truncate", "-s", "20M", f"{LETSENCRYPT}/zzz"], check=True)
    pair.old.run(SLOW, check=True)
    with subprocess.Popen(
        new.argv([PROGRAM, "apply", "--answers", ANSWERS, "--yes"]),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as child:  # fmt: skip
        until = time.monotonic() + 30
        while "zzz" not in new.run(["sh", "-c", f"find {GATHERED} -size +8k"]).stdout:
            assert time.monotonic() < until
            time.sleep(0.1)
        done = new.run(["ls", f"{GATHERED}/remote"])
        assert done.returncode != 0, "nothing counts before all is there"
        yield child


def quick_again(pair: Pair) -> None:
    pair.old.run(["ip", "link", "set", CABLE, "up"], check=True)
    pair.old.run(["tc", "qdisc", "del", "dev", CABLE, "root"], check=True)
    pair.old.run(["rm", f"{LETSENCRYPT}/zzz"], check=True)
    answers_again(pair)


def goes_on(new: Host) -> None:
    """Resume the gather run; then the set-up uses what it fetched."""
    code, said = wizard(new, "resume", "--yes")
    assert code == 0, said
    code, said = apply(new)
    assert code == 0, said
    assert "scp" not in said, "what the resumed run fetched is used"


@pytest.mark.promise(26)
@pytest.mark.parametrize(
    ("suite", "how"),
    [("el9", "sshd is killed"), ("el9", "the cable is cut"), ("el10", "the cable is cut")],
)
def test_a_connection_that_breaks_in_the_middle(boot_host: BootHost, suite: str, how: str) -> None:
    pair = reachable(boot_host, suite=suite)
    before = state(pair.new)
    with half_copied(pair) as child:
        if how == "sshd is killed":
            pair.old.run(["pkill", "-KILL", "-f", "sshd: root"], check=True)
        else:
            pair.old.run(["ip", "link", "set", CABLE, "down"], check=True)
        said, _ = child.communicate(timeout=60)
    assert child.returncode == 1, said
    assert "the connection broke off; nothing of what had come is used" in said
    assert pair.new.run(["ls", "-A", GATHERED]).stdout == ""
    assert [one for one in state(pair.new) if "/etc/" in one] == [
        one for one in before if "/etc/" in one
    ]
    quick_again(pair)
    goes_on(pair.new)


@pytest.mark.promise(1, 6)
@pytest.mark.parametrize("how", ["the worker is killed", "the operator stops it"])
def test_a_copy_that_is_ended_in_the_middle(boot_host: BootHost, how: str) -> None:
    pair = reachable(boot_host)
    new = pair.new
    with half_copied(pair) as child:
        if how == "the worker is killed":
            kill = ["systemctl", "kill", "--kill-who=main", "-s", "KILL", "postfix-wizard-*"]
            new.run(kill, check=True)
        else:
            new.run(["pkill", "-INT", "-f", f"{PROGRAM} apply"], check=True)
        said, _ = child.communicate(timeout=60)
    assert child.returncode == 1, said
    assert new.run(["ls", f"{GATHERED}/remote"]).returncode != 0
    if how == "the operator stops it":
        assert "stopped as asked; nothing of what had come is used" in said
        assert new.run(["ls", "-A", GATHERED]).stdout == ""
    quick_again(pair)
    if how == "the operator stops it":
        goes_on(new)
    else:
        code, said = apply(new)
        assert code == 0, f"a gather run that died is in nobody's way: {said}"
        assert "scp" in said
    assert new.run(["ls", "-A", GATHERED]).stdout == "", "what a killed worker left is swept"


def test_a_server_that_does_not_answer(boot_host: BootHost) -> None:
    pair = boot_pair(boot_host)
    pair.old.run(["systemctl", "stop", "ssh"], check=True)
    code, said = apply(pair.new)
    assert code == 1, said
    assert "it cannot be reached, or its sshd does not answer" in said
    pair.old.run(["ip", "link", "set", CABLE, "down"], check=True)
    began = time.monotonic()
    code, said = apply(pair.new)
    assert code == 1, said
    assert "it cannot be reached, or its sshd does not answer" in said
    assert time.monotonic() - began < 30
    nowhere = REMOTE.replace(OLD, "no-such-host.example")
    pair.new.write(ANSWERS, nowhere, 0o600)
    code, said = apply(pair.new)
    assert code == 1, said
    assert "no address is known for it" in said


def test_a_server_that_gives_nothing(boot_host: BootHost) -> None:
    """A user who may not read it all, and a server that has none: said, and nothing is kept."""
    pair = reachable(boot_host)
    new, key = pair.new, pair.new.read("/root/.ssh/id_ed25519.pub")
    pair.old.write("/home/taro/.ssh/authorized_keys", key, 0o600)
    pair.old.run(["chown", "-R", "taro:", "/home/taro/.ssh"], check=True)
    new.write(ANSWERS, REMOTE.replace("root@", "taro@"), 0o600)
    code, said = apply(new)
    assert code == 1, said
    assert "/etc/letsencrypt/live: Permission denied" in said
    assert "its user must be able to read all of it" in said
    pair.old.run(["rm", "-r", LETSENCRYPT], check=True)
    code, said = apply(new)
    assert code == 1, said
    assert "No such file or directory" in said
    assert new.run(["ls", "-A", GATHERED]).stdout == ""
    assert new.run(["ls", LETSENCRYPT]).returncode != 0


def test_what_is_here_and_differs(boot_host: BootHost) -> None:
    """A lineage of that name which is another is kept, unless the operator chooses the copy."""
    pair = reachable(boot_host)
    new = pair.new
    own = boot_host()
    script = (
        "cd /etc/letsencrypt && mv archive/zeke.jp archive/x && mv live/zeke.jp live/x && "
        "mv archive/zeke.ne.jp archive/zeke.jp && mv live/zeke.ne.jp live/zeke.jp && "
        "mv archive/x archive/zeke.ne.jp && mv live/x live/zeke.ne.jp && tar c ."
    )
    own_tree = subprocess.run(
        own.argv(["sh", "-c", script]), capture_output=True, check=True
    ).stdout
    new.write("/root/own.tar", own_tree)
    new.run(
        ["sh", "-c", "mkdir /etc/letsencrypt && tar x -C /etc/letsencrypt -f /root/own.tar"],
        check=True,
    )
    new.write(ANSWERS, REMOTE.replace('name = "zeke.ne.jp"', 'name = "zeke.jp"'), 0o600)
    key = new.read(f"{LETSENCRYPT}/archive/zeke.jp/privkey1.pem")

    code, said = apply(new)
    assert code == 0, said
    assert "lineage zeke.jp is kept as this host has it" in said
    assert new.read(f"{LETSENCRYPT}/archive/zeke.jp/privkey1.pem") == key
    assert links(new, "zeke.jp")[3] == "../../archive/zeke.jp/privkey1.pem"

    wanted = REMOTE.replace('source = "remote"', 'source = "remote"\nexisting = "replace"')
    new.write(ANSWERS, wanted, 0o600)
    tree = f"cd {LETSENCRYPT} && find . -type f -exec sha256sum {{}} + | sort; find . -printf '%p %m %l\\n' | sort"
    before = new.run(["sh", "-c", tree], check=True).stdout
    code, said = wizard(new, "apply", "--answers", ANSWERS, "--section", "certificate", "--yes")
    assert code == 0, said
    assert new.read(f"{LETSENCRYPT}/archive/zeke.jp/privkey3.pem") == pair.old.read(
        f"{LETSENCRYPT}/archive/zeke.jp/privkey3.pem"
    )
    assert links(new, "zeke.jp")[3] == "../../archive/zeke.jp/privkey3.pem"
    assert links(new, "zeke.ne.jp")[3] == "../../archive/zeke.ne.jp/privkey1.pem"
    kept = new.run(["ls", f"{LETSENCRYPT}/archive/zeke.ne.jp"]).stdout
    assert "privkey3.pem" not in kept, "what belonged to the replaced one is gone with it"
    code, said = wizard(new, "undo", "--yes")
    assert code == 0, said
    assert new.run(["sh", "-c", tree], check=True).stdout == before
