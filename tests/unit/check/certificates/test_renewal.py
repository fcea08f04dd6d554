"""Who renews: each way in which nobody does is named, with what to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from wizard.check.certificates.jobs import Job
from wizard.check.certificates.renewal import (
    Renewal,
    archive_of,
    judge_other,
    judge_renewal,
    lineage_of,
    parameters,
    read_renewal,
    renews,
)
from wizard.door import Door
from wizard.finding import RIGHT, UNKNOWN, WARNING

CONF = """\
# renew_before_expiry = 30 days
version = 2.1.0
archive_dir = /etc/letsencrypt/archive/zeke.ne.jp
cert = /etc/letsencrypt/live/zeke.ne.jp/cert.pem

# Options used in the renewal process
[renewalparams]
account = 0123
authenticator = webroot
webroot_path = /var/www/html,
server = https://acme-v02.api.letsencrypt.org/directory
[[webroot_map]]
zeke.ne.jp = /var/www/html
"""
TIMER = Job("certbot-renew.timer", "certbot", "/usr/bin/certbot renew --noninteractive")
CRON = Job("/etc/cron.d/certbot", "certbot", "certbot renew -q", is_running=False)
GOOD = Renewal(
    "zeke.ne.jp",
    CONF,
    True,
    (TIMER,),
    there=frozenset({"/var/www/html"}),
)
STANDALONE = CONF.replace("authenticator = webroot", "authenticator = standalone").replace(
    "webroot_path = /var/www/html,\n", ""
)


def conf(line: str) -> str:
    return CONF.replace("[renewalparams]\n", f"[renewalparams]\n{line}\n")


def test_the_params_of_a_real_conf() -> None:
    """Keys outside sections come before, and the map's own section is no value."""
    said = parameters(CONF)
    assert (said["authenticator"], said["webroot_path"]) == ("webroot", "/var/www/html,")
    assert archive_of(CONF) == "/etc/letsencrypt/archive/zeke.ne.jp"
    assert archive_of("") == ""


@pytest.mark.parametrize(
    "text", ["", "[", "[renewalparams", "x\n=\n[renewalparams]\n", "\0\x1b[31m"]
)
def test_a_conf_that_is_none(text: str) -> None:
    """It has no authenticator, and nothing is raised."""
    assert "authenticator" not in parameters(text)


@pytest.mark.parametrize(
    "jobs",
    [
        (TIMER,),
        (replace(CRON, is_running=True),),
        (replace(TIMER, where="renew-all.timer", command="/opt/certbot/bin/certbot -q renew"),),
        (replace(TIMER, command="/usr/local/bin/renew.sh", script="certbot renew -q"),),
        (replace(TIMER, fault="x"), replace(CRON, is_running=True)),
    ],
)
def test_all_is_well(jobs: tuple[Job, ...]) -> None:
    found = judge_renewal(replace(GOOD, jobs=jobs, has_certbot=False), {25: "master"}, {"http"})
    assert found.verdict == RIGHT
    assert "webroot" in found.seen


@pytest.mark.parametrize(
    ("renewal", "held", "services", "words"),
    [
        (replace(GOOD, has_certbot=False, jobs=()), {}, {"http"}, "certbot was not found"),
        (replace(GOOD, text=None), {}, {"http"}, "there is no /etc/letsencrypt/renewal"),
        (replace(GOOD, text="[renewalparams]\n"), {}, {"http"}, "no authenticator"),
        (replace(GOOD, text=conf("autorenew = False")), {}, {"http"}, "autorenew = False"),
        (replace(GOOD, jobs=()), {}, {"http"}, "no timer and no cron job"),
        (
            replace(GOOD, jobs=(replace(TIMER, command="certbot renew --cert-name x.example"),)),
            {},
            {"http"},
            "does not renew zeke.ne.jp",
        ),
        (
            replace(GOOD, jobs=(replace(TIMER, command="certbot renew --dry-run"),)),
            {},
            {"http"},
            "does not renew zeke.ne.jp",
        ),
        (
            replace(GOOD, jobs=(replace(TIMER, fault="the last run failed"),)),
            {},
            {"http"},
            "the last run failed",
        ),
        (replace(GOOD, trials="staging in cli.ini"), {}, {"http"}, "a server for trials"),
        (replace(GOOD, text=f"renew_before_expiry = 1 days\n{CONF}"), {}, {"http"}, "= 1 days"),
        (replace(GOOD, there=frozenset()), {}, {"http"}, "/var/www/html, which is not there"),
        (
            replace(GOOD, text=conf("pre_hook = /usr/local/bin/open-port 80")),
            {},
            {"http"},
            "/usr/local/bin/open-port, which is not there",
        ),
        (replace(GOOD, text=STANDALONE), {80: "nginx"}, {"http"}, "port 80, which nginx holds"),
        (replace(GOOD, text=STANDALONE), {}, {"smtp"}, "port 80 is closed"),
        (GOOD, {}, {"smtp"}, "port 80 is closed"),
        (replace(GOOD, text=CONF.replace("= webroot", "= manual")), {}, None, "manual"),
    ],
)
def test_nobody_renews(
    renewal: Renewal, held: dict[int, str], services: set[str] | None, words: str
) -> None:
    """A warning, with what to do, that fails no run."""
    found = judge_renewal(renewal, held, services)
    assert found.verdict == WARNING
    assert words in found.seen
    assert found.advice
    assert not found.fatal


def test_the_timer_that_is_there_is_named() -> None:
    found = judge_renewal(
        replace(GOOD, jobs=(), timer="`systemctl enable --now x.timer`"), {}, None
    )
    assert found.advice == "`systemctl enable --now x.timer`"
    assert ".timer" not in judge_renewal(replace(GOOD, jobs=()), {}, None).advice


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("cli.ini", "staging = True\n", "staging in /etc/letsencrypt/cli.ini"),
        ("cli.ini", "test-cert\n", "test_cert in"),
        ("cli.ini", "server = https://acme-staging-v02.example/\n", "server in"),
        ("cli.ini", "staging = false\n", ""),
        ("renewal/x.conf", CONF.replace("acme-v02", "acme-staging-v02"), "server in /etc/lets"),
    ],
)
def test_a_server_for_trials(tmp_path: Path, path: str, text: str, words: str) -> None:
    at = tmp_path / "etc/letsencrypt" / path
    at.parent.mkdir(parents=True)
    at.write_text(text)
    trials = read_renewal(Door(tmp_path), "x").trials
    assert words in trials
    assert bool(trials) == bool(words)


def test_a_cron_job_without_a_daemon_is_unknown() -> None:
    found = judge_renewal(replace(GOOD, jobs=(CRON,)), {}, None)
    assert found.verdict == UNKNOWN
    assert "/etc/cron.d/certbot" in found.seen


def test_a_pre_hook_may_open_the_port() -> None:
    """What it does is not looked into: the port that is closed now proves nothing then."""
    there = GOOD.there | {"firewall-cmd"}
    opens = replace(GOOD, text=conf("pre_hook = firewall-cmd …"), there=there)
    assert judge_renewal(opens, {}, {"smtp"}).verdict == RIGHT


def test_what_the_firewall_opens_is_not_known() -> None:
    """Then nothing is said of it."""
    assert judge_renewal(GOOD, {}, None).verdict == RIGHT


def test_control_characters_of_a_conf_are_not_shown() -> None:
    hostile = CONF.replace("= webroot", "= web\x1b[31mroot")
    assert "\x1b" not in judge_renewal(replace(GOOD, text=hostile), {}, {"http"}).seen


@pytest.mark.parametrize(
    ("command", "so"),
    [
        ("certbot renew", True),
        ("certbot certonly --keep -d zeke.ne.jp", True),
        ("certbot renew --cert-name zeke.ne.jp", True),
        ("certbot renew --cert-name=www.example --quiet", False),
        ("certbot certificates", False),
        ("certbot renew --dry-run", False),
    ],
)
def test_which_lineage_a_job_renews(command: str, so: bool) -> None:
    assert renews(replace(TIMER, command=command), "zeke.ne.jp") == so
    assert not renews(replace(TIMER, command=command, client="lego"), "zeke.ne.jp")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/etc/letsencrypt/live/zeke.ne.jp/fullchain.pem", "zeke.ne.jp"),
        ("/etc/letsencrypt/live/../x/fullchain.pem", ""),
        ("/etc/letsencrypt/live/-x/fullchain.pem", ""),
        ("/etc/pki/tls/certs/x.pem", ""),
    ],
)
def test_lineage_of(path: str, name: str) -> None:
    """A path of main.cf becomes a part of another path only where it is a lineage's."""
    assert lineage_of(path) == name


def test_reading(tmp_path: Path) -> None:
    """The conf, the program, the jobs, the web root, the programs of hooks."""
    for path in ("etc/letsencrypt/renewal", "opt/certbot/bin", "var/www/html", "usr/bin"):
        (tmp_path / path).mkdir(parents=True)
    (tmp_path / "etc/letsencrypt/renewal/zeke.ne.jp.conf").write_text(CONF)
    (tmp_path / "opt/certbot/bin/certbot").touch()
    read = read_renewal(Door(tmp_path), "zeke.ne.jp", (TIMER,))
    assert read == GOOD
    (tmp_path / "etc/letsencrypt/renewal/zeke.ne.jp.conf").write_text(
        conf("pre_hook = systemctl stop nginx\nrenew_hook = None")
    )
    assert "systemctl" not in read_renewal(Door(tmp_path), "zeke.ne.jp").there
    (tmp_path / "usr/bin/systemctl").touch()
    assert "systemctl" in read_renewal(Door(tmp_path), "zeke.ne.jp").there


OF_ACME_SH = replace(CRON, client="acme.sh")


@pytest.mark.parametrize(
    ("path", "jobs", "copies", "told"),
    [
        ("/etc/letsencrypt/archive/x/fullchain3.pem", (TIMER,), (), (WARNING, "numbered")),
        ("/etc/postfix/c.pem", (TIMER,), ("x",), (UNKNOWN, "a copy of /etc/letsencrypt/live/x")),
        ("/etc/postfix/c.pem", (TIMER,), (), (UNKNOWN, "certbot (certbot-renew.timer)")),
        ("/etc/postfix/c.pem", (), (), (UNKNOWN, "no cron job runs a known ACME client")),
        ("/etc/postfix/a.pem", (OF_ACME_SH,), (), (RIGHT, "acme.sh")),
        ("/etc/postfix/b.pem", (OF_ACME_SH,), (), (UNKNOWN, "acme.sh")),
    ],
)
def test_files_of_no_lineage(
    tmp_path: Path,
    path: str,
    jobs: tuple[Job, ...],
    copies: tuple[str, ...],
    told: tuple[str, str],
) -> None:
    at = tmp_path / "root/.acme.sh/x.example_ecc"
    at.mkdir(parents=True)
    (at / "x.example.conf").write_text("Le_RealFullChainPath='/etc/postfix/a.pem'\n")
    (found,) = judge_other(Door(tmp_path), path, jobs, copies)
    assert found.verdict == told[0]
    assert told[1] in found.seen
