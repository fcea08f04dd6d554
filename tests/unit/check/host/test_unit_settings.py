"""Settings of the unit that keep Postfix from its work, as systemctl show prints them."""

from __future__ import annotations

import pytest

from wizard.check.host.unit_settings import judge_unit_settings
from wizard.finding import RIGHT, WARNING, WRONG

RUNS = "{{ path=/usr/sbin/postfix ; argv[]=/usr/sbin/postfix {}start ; ignore_errors=no ; pid=1 }}"
USUAL = {
    "RuntimeMaxUSec": "infinity",
    "ExecStart": RUNS.format(""),
    "MemoryMax": "infinity",
    "TasksMax": "28909",
    "IPAddressDeny": "",
    "Environment": "",
    "LimitNOFILE": "524288",
    "PrivateNetwork": "no",
    "RestrictAddressFamilies": "~",
    "Conflicts": "sendmail.service shutdown.target exim.service",
    "FragmentPath": "/usr/lib/systemd/system/postfix.service",
    "NeedDaemonReload": "no",
}


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"MemoryMax": "2147483648", "TasksMax": "4096"},
        {"ReadOnlyPaths": "/usr /boot", "InaccessiblePaths": "/root"},
        {"Environment": "LANG=C MAIL_CONFIG=/etc/postfix"},
        {"ProtectHome": "no", "NoNewPrivileges": "no"},
    ],
)
def test_a_unit_that_lets_it_work(changed: dict[str, str]) -> None:
    assert judge_unit_settings({**USUAL, **changed}).verdict == RIGHT


@pytest.mark.parametrize(
    ("name", "value", "verdict"),
    [
        ("PrivateNetwork", "yes", WRONG),
        ("IPAddressDeny", "0.0.0.0/0 ::/0", WRONG),
        ("ProtectHome", "read-only", WARNING),
        ("ReadOnlyPaths", "/var/spool/postfix/bounce", WRONG),
        ("ReadOnlyPaths", "-/var", WRONG),
        ("InaccessiblePaths", "/etc/resolv.conf", WRONG),
        ("TasksMax", "10", WARNING),
        ("MemoryMax", "33554432", WARNING),
        ("RuntimeMaxUSec", "1h", WARNING),
        ("NoNewPrivileges", "yes", WRONG),
        ("Environment", "MAIL_CONFIG=/etc/postfix-test", WRONG),
        ("ExecStart", RUNS.format("-c /etc/postfix-test "), WRONG),
        ("NeedDaemonReload", "yes", WARNING),
        ("FragmentPath", "/etc/systemd/system/postfix.service", WARNING),
        ("Conflicts", "shutdown.target httpd.service", WARNING),
    ],
)
def test_a_setting_that_stops_it(name: str, value: str, verdict: str) -> None:
    found = judge_unit_settings({**USUAL, name: value})
    assert found.verdict == verdict
    shown = name.replace("USec", "Sec")
    assert shown in found.seen
    assert shown in found.advice or name == "NeedDaemonReload"


def test_the_worst_comes_first() -> None:
    found = judge_unit_settings({**USUAL, "TasksMax": "9", "PrivateNetwork": "yes"})
    assert found.seen.startswith("PrivateNetwork=yes")
    assert found.seen.endswith("and TasksMax")


def test_each_setting_is_taken_back_by_a_drop_in_of_its_own() -> None:
    changed = {"PrivateNetwork": "yes", "RuntimeMaxUSec": "1h", "NeedDaemonReload": "yes"}
    found = judge_unit_settings({**USUAL, **changed}).cure
    assert {one.new for one in found.edits} == {
        "[Service]\nPrivateNetwork=no\n",
        "[Service]\nRuntimeMaxSec=infinity\n",
    }
    assert len({one.path for one in found.edits}) == len(found.edits)
    assert found.commands == (
        ("systemctl", "daemon-reload"),
        ("systemctl", "restart", "postfix"),
    )


def test_a_file_that_systemd_has_not_read_is_not_put_into_force() -> None:
    """It may stop Postfix: a daemon-reload would make a risk a fault."""
    found = judge_unit_settings({**USUAL, "NeedDaemonReload": "yes"})
    assert (found.verdict, bool(found.cure)) == (WARNING, False)
    assert "see that Postfix can live with it" in found.advice


def test_a_unit_of_the_operators_is_not_replaced() -> None:
    copied = {"FragmentPath": "/etc/systemd/system/postfix.service"}
    assert not judge_unit_settings({**USUAL, **copied}).cure


def test_what_depends_on_main_cf() -> None:
    """Certificates that are served, and message_size_limit."""
    served, largest = ("/etc/letsencrypt/live/zeke.ne.jp/fullchain.pem",), 50 * 2**20
    hidden = {**USUAL, "InaccessiblePaths": "/etc/letsencrypt"}
    assert judge_unit_settings(hidden).verdict == RIGHT
    assert judge_unit_settings(hidden, served).verdict == WRONG
    small = {**USUAL, "LimitFSIZE": "1048576"}
    assert judge_unit_settings(small, served).verdict == RIGHT
    assert judge_unit_settings(small, served, largest).verdict == WRONG
    assert (
        judge_unit_settings({**USUAL, "LimitFSIZE": "infinity"}, served, largest).verdict == RIGHT
    )
