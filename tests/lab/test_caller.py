"""What another user puts in the way of root: directories for temporary files, and variables."""

from __future__ import annotations

import pytest

from lab.host import Host
from tests.lab.program import ANSWERS, PENDING, PROGRAM, wizard

pytestmark = [pytest.mark.lab, pytest.mark.promise(37)]

EVE = "/home/eve"
PLANT = f"""
useradd -m eve; mkdir -p {EVE}/t/screens {EVE}/t/postfix-wizard
echo 'open("/root/evil", "w")' | tee {EVE}/t/screens/main.py >{EVE}/t/sitecustomize.py
ln -s /etc/cron.d/evil {EVE}/t/dnf.log; ln -s /etc/cron.d {EVE}/t/packages
printf '#!/bin/sh\\ntouch /root/evil\\n' >{EVE}/t/dnf; chmod 755 {EVE}/t/dnf
printf 'openssl_conf = x\\n[x]\\nengines = y\\n[y]\\nz = z\\n[z]\\ndynamic_path = {EVE}/t/z.so\\n' >{EVE}/t/cnf
chown -R eve: {EVE}/t; chmod 777 {EVE}/t
"""
DIRECTORIES = ("TMPDIR", "TMP", "TEMP", "HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "PATH")
VARIABLES = {
    **dict.fromkeys((*DIRECTORIES, "PYTHONPATH", "PYTHONUSERBASE"), f"{EVE}/t"),
    "OPENSSL_CONF": f"{EVE}/t/cnf",
    "SSLKEYLOGFILE": "/etc/cron.d/evil",
    "TEXTUAL_DRIVER": "sitecustomize:x",
    "TEXTUAL_LOG": "/etc/cron.d/evil",
    "MAIL_CONFIG": f"{EVE}/t",
}
SEEN = f"ls -lAR {EVE}/t; stat -c '%n %y' {EVE}/t {EVE}/t/*; ls -A /etc/cron.d /root/evil 2>&1"


def listed(host: Host) -> str:
    """All in eve's directory, and where it leads: nothing of it may change."""
    return host.run(["sh", "-c", SEEN]).stdout


@pytest.fixture
def planted(fresh: Host) -> Host:
    fresh.run(["sh", "-c", PLANT], check=True)
    return fresh


def with_all(host: Host, *words: str) -> tuple[int, str]:
    """Call the program as root with all of eve's variables."""
    variables = [f"{name}={value}" for name, value in VARIABLES.items()]
    done = host.run(["env", *variables, PROGRAM, *words], timeout=180)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("cache", ["as it is", "read-only", "open to all"])
def test_eves_variables_decide_nothing(planted: Host, cache: str) -> None:
    """Postfix is not there, so a plan has dnf fetch its package into a private directory."""
    change = {
        "as it is": "true",
        "read-only": "mount --bind /var/cache /var/cache && mount -o remount,ro,bind /var/cache",
        "open to all": "chmod 777 /var/cache",
    }
    planted.run(["sh", "-c", change[cache]], check=True)
    before = listed(planted)
    assert "No such file" in before
    code, said = with_all(planted, "plan", "--answers", ANSWERS)
    assert code == PENDING, said
    assert "+myhostname" in said
    code, said = with_all(planted, "check", "--answers", ANSWERS)
    assert "Traceback" not in said
    assert listed(planted) == before


@pytest.mark.parametrize(
    "how", ["chmod 0777 /tmp", "chown eve /tmp", "mount -o remount,ro,bind /tmp"]
)
def test_a_tmp_that_is_not_safe_is_passed_over(planted: Host, how: str) -> None:
    script = f"mount --bind /tmp /tmp; mkfifo /tmp/fifo; {how}; ls -lA /tmp; stat -c %y /tmp"
    before = planted.run(["sh", "-c", script], check=True).stdout
    code, said = wizard(planted, "plan", "--answers", ANSWERS)
    assert code == PENDING, said
    assert planted.run(["sh", "-c", "ls -lA /tmp; stat -c %y /tmp"]).stdout == before
    assert planted.run(["sh", "-c", "ls -d /run/postfix-wizard-*"]).returncode != 0, "it went again"


def test_without_a_safe_place_it_says_so_and_ends(planted: Host) -> None:
    planted.run(["chmod", "0777", "/tmp", "/run", "/var/lib"], check=True)
    code, said = wizard(planted, "plan", "--answers", ANSWERS)
    assert code == 1, said
    assert "other users can change /tmp, /run, /var/lib" in said
    assert "chmod 1777 /tmp" in said


def test_a_normal_user_reads_a_copy_as_before(planted: Host) -> None:
    copy = "dnf -y install postfix; mkdir /srv/copy; cp -r /etc /srv/copy; chmod -R a+rX /srv/copy"
    planted.run(["sh", "-c", copy], check=True)
    planted.run(["install", "-m", "600", "-o", "eve", ANSWERS, f"{EVE}/answers.toml"], check=True)
    for words in (f"plan --root /srv/copy --answers {EVE}/answers.toml", "--version"):
        done = planted.run(["runuser", "-u", "eve", "--", PROGRAM, *words.split()])
        assert done.returncode in {0, PENDING}, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
