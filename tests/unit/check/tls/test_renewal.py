"""Who renews: each way in which nobody does is named, with what to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from wizard.check.tls.renewal import Renewal, judge_renewal, lineage_of, parameters, read_renewal
from wizard.door import Door
from wizard.finding import RIGHT, WARNING

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
GOOD = Renewal(
    "zeke.ne.jp", CONF, True, ("certbot-renew.timer",), 0o755, frozenset({"/var/www/html"})
)
STANDALONE = CONF.replace("authenticator = webroot", "authenticator = standalone").replace(
    "webroot_path = /var/www/html,\n", ""
)


def test_the_params_of_a_real_conf() -> None:
    """Keys outside sections come before, and the map's own section is no value."""
    said = parameters(CONF)
    assert (said["authenticator"], said["webroot_path"]) == ("webroot", "/var/www/html,")


@pytest.mark.parametrize(
    "text", ["", "[", "[renewalparams", "x\n=\n[renewalparams]\n", "\0\x1b[31m"]
)
def test_a_conf_that_is_none(text: str) -> None:
    """It has no authenticator, and nothing is raised."""
    assert "authenticator" not in parameters(text)


def test_all_is_well() -> None:
    renewal, hook = judge_renewal(GOOD, {25: "master"}, {"http", "smtp"})
    assert (renewal.verdict, hook.verdict) == (RIGHT, RIGHT)
    assert "webroot" in renewal.seen


@pytest.mark.parametrize(
    ("renewal", "held", "services", "words"),
    [
        (replace(GOOD, has_certbot=False), {}, {"http"}, "certbot is not installed"),
        (replace(GOOD, text=None), {}, {"http"}, "there is no /etc/letsencrypt/renewal"),
        (replace(GOOD, text="[renewalparams]\n"), {}, {"http"}, "no authenticator"),
        (replace(GOOD, timers=()), {}, {"http"}, "no timer"),
        (replace(GOOD, there=frozenset()), {}, {"http"}, "/var/www/html, which is not there"),
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
    found, _ = judge_renewal(renewal, held, services)
    assert found.verdict == WARNING
    assert words in found.seen
    assert found.advice
    assert not found.fatal


def test_a_pre_hook_may_open_the_port() -> None:
    """What it does is not looked into: the port that is closed now proves nothing then."""
    opens = CONF.replace("[renewalparams]\n", "[renewalparams]\npre_hook = firewall-cmd …\n")
    found, _ = judge_renewal(replace(GOOD, text=opens), {}, {"smtp"})
    assert found.verdict == RIGHT


def test_what_the_firewall_opens_is_not_known() -> None:
    """Then nothing is said of it."""
    found, _ = judge_renewal(GOOD, {}, None)
    assert found.verdict == RIGHT


@pytest.mark.parametrize(("mode", "verdict"), [(None, WARNING), (0o644, WARNING), (0o755, RIGHT)])
def test_the_hook(mode: int | None, verdict: str) -> None:
    """certbot passes over one that cannot be executed."""
    _, hook = judge_renewal(replace(GOOD, hook=mode), {}, {"http"})
    assert hook.verdict == verdict


def test_control_characters_of_a_conf_are_not_shown() -> None:
    hostile = CONF.replace("= webroot", "= web\x1b[31mroot")
    found, _ = judge_renewal(replace(GOOD, text=hostile), {}, {"http"})
    assert "\x1b" not in found.seen


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
    """The conf, the program, the timers that run, the hook's mode, the web root."""
    for path in ("etc/letsencrypt/renewal", "usr/bin", "var/www/html"):
        (tmp_path / path).mkdir(parents=True)
    (tmp_path / "etc/letsencrypt/renewal/zeke.ne.jp.conf").write_text(CONF)
    (tmp_path / "usr/bin/certbot").touch()
    hook = tmp_path / "etc/letsencrypt/renewal-hooks/deploy/postfix-wizard"
    hook.parent.mkdir(parents=True)
    hook.touch()
    hook.chmod(0o755)
    shown = (
        "Id=certbot-renew.timer\nActiveState=active\nUnitFileState=enabled\n\n"
        "Id=certbot.timer\nActiveState=inactive\nUnitFileState=\n"
    )
    assert read_renewal(Door(tmp_path), "zeke.ne.jp", shown) == GOOD
