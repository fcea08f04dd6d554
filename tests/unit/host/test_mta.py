"""Other mail servers, read from alternatives' files, systemd's words, queues and cgroups."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.door import Door
from wizard.host.facts import Listener, Unit
from wizard.host.mta import parse_alternatives, read_alternative, read_mtas, with_unit
from wizard.host.mta_facts import Alternative, MtaUnit
from wizard.host.sockets import parse_listeners

SENDMAIL, EXIM, POSTFIX = (f"/usr/sbin/sendmail.{name}" for name in ("sendmail", "exim", "postfix"))
HEAD = "{mode}\n/usr/sbin/sendmail\nmta-mailq\n/usr/bin/mailq\nmta-pam\n/etc/pam.d/smtp\n\n"
CHOICES = (
    f"{SENDMAIL}\n90 sendmail\n/usr/bin/mailq.sendmail\n/etc/pam.d/smtp.sendmail\n"
    f"{POSTFIX}\n@mail@60 postfix\n/usr/bin/mailq.postfix\n\n"
    f"{EXIM}\n10\n/usr/bin/mailq.exim\n\n"
)
ALL = ((SENDMAIL, 90), (POSTFIX, 60), (EXIM, 10))


def host(tmp_path: Path, link: str, text: str | None) -> Door:
    (tmp_path / "etc/alternatives").mkdir(parents=True)
    (tmp_path / "var/lib/alternatives").mkdir(parents=True)
    if link:
        (tmp_path / "etc/alternatives/mta").symlink_to(link)
    if text is not None:
        (tmp_path / "var/lib/alternatives/mta").write_text(text)
    return Door(tmp_path)


STATES = {
    "automatic": (SENDMAIL, HEAD.format(mode="auto") + CHOICES, f"auto:{SENDMAIL}", True),
    "by hand": (POSTFIX, HEAD.format(mode="manual") + CHOICES, f"manual:{POSTFIX}", False),
    # As chkconfig reads it: a link that is not the best choice was set by hand.
    "a link that somebody moved": (
        EXIM,
        HEAD.format(mode="auto") + CHOICES,
        f"manual:{EXIM}",
        True,
    ),
    "one that is no choice": ("/opt/bin/sendmail", HEAD.format(mode="auto") + CHOICES, "", True),
    "no state file": (SENDMAIL, None, f"manual:{SENDMAIL}", True),
    "an empty state file": (SENDMAIL, "", f"manual:{SENDMAIL}", True),
    "a torn state file": (SENDMAIL, HEAD.format(mode="auto") + SENDMAIL, "", True),
    "no priority": (EXIM, HEAD.format(mode="auto") + f"{EXIM}\nsoon\n", f"manual:{EXIM}", True),
    "Postfix in another directory": ("/usr/bin/sendmail.postfix", None, "", False),
}


@pytest.mark.parametrize("name", STATES)
def test_the_alternative(tmp_path: Path, name: str) -> None:
    link, text, state, is_other = STATES[name]
    found = read_alternative(host(tmp_path, link, text))
    assert found.current == link
    assert state in found.state
    assert found.is_other == is_other


def test_no_group_at_all(tmp_path: Path) -> None:
    assert read_alternative(host(tmp_path, "", HEAD.format(mode="auto"))) == Alternative()
    assert not Alternative().is_other


def test_the_choices_and_their_priorities() -> None:
    assert parse_alternatives(HEAD.format(mode="auto") + CHOICES) == ("auto", ALL)
    assert parse_alternatives("auto\n/usr/sbin/sendmail\n\n" + f"{EXIM}\n-5\n") == (
        "auto",
        ((EXIM, -5),),
    )
    assert Alternative("auto", SENDMAIL, ALL).of_postfix == POSTFIX
    assert Alternative("auto", SENDMAIL).of_postfix == POSTFIX


@pytest.mark.parametrize("junk", ["\n", "auto", "\0\n/x\n\n\n\n", "auto\n/x\n\n/a\n1\n" * 3])
def test_rubbish_never_raises(junk: str) -> None:
    parse_alternatives(junk)


def test_units_and_queues(tmp_path: Path) -> None:
    for queue, names in {
        "mqueue": ("qfA", "dfA", "qfB"),
        "clientmqueue": ("qfC", "sm-client.st"),
        "exim/input": ("1a-H", "1a-D"),
        "exim/input/x": ("2b-H", "2b-D"),
    }.items():
        (tmp_path / "var/spool" / queue).mkdir(parents=True, exist_ok=True)
        for name in names:
            (tmp_path / "var/spool" / queue / name).touch()
    states = {
        "sendmail.service": Unit("enabled", "active"),
        "sm-client.service": Unit("disabled", "inactive"),
        "exim.service": Unit("enabled", "unknown"),
    }
    loaded = frozenset({"sendmail.service", "sm-client.service"})
    sendmail, exim = read_mtas(host(tmp_path, "", None), states, loaded).others
    assert sendmail.units == (
        MtaUnit("sendmail.service", "enabled", "active"),
        MtaUnit("sm-client.service", "disabled", "inactive"),
    )
    assert (sendmail.queued, sendmail.queues) == (
        3,
        ("/var/spool/mqueue", "/var/spool/clientmqueue"),
    )
    # Of another root systemd tells nothing; the link of `systemctl enable` does.
    assert exim.units == (MtaUnit("exim.service", "enabled", "unknown"),)
    assert (exim.queued, exim.queues) == (2, ("/var/spool/exim/input",))


def test_a_host_without_one_has_nothing(tmp_path: Path) -> None:
    found = read_mtas(host(tmp_path, "", None), {}, frozenset())
    assert (found.others, found.alternative) == ((), Alternative())


CGROUPS = {
    "0::/system.slice/sendmail.service\n": "sendmail.service",
    "0::/machine.slice/libpod-12.scope/container\n": "libpod-12.scope",
    "0::/user.slice/user-0.slice/user@0.service/app.slice/x.service\n": "x.service",
    "12:pids:/system.slice/exim.service\n1:name=systemd:/system.slice/exim.service\n": "exim.service",
    "0::/init.scope\n": "init.scope",
    "0::/\n": "",
    "": "",
}


@pytest.mark.parametrize("text", CGROUPS)
def test_the_unit_of_a_process(tmp_path: Path, text: str) -> None:
    (tmp_path / "proc/9").mkdir(parents=True)
    (tmp_path / "proc/9/cgroup").write_text(text)
    found = with_unit(Door(tmp_path), Listener("0.0.0.0", 25, "x", 9))
    assert found.unit == CGROUPS[text]
    assert with_unit(Door(tmp_path), Listener("0.0.0.0", 25, "x", 8)).unit == ""


def test_the_process_of_a_listener() -> None:
    line = 'LISTEN 0 9 0.0.0.0:25 0.0.0.0:* users:(("smtpd",pid=8,fd=6),("master",pid=7,fd=13))\n'
    (found,) = parse_listeners(line)
    assert (found.process, found.pid) == ("master", 7)
    (found,) = parse_listeners(line.replace("master", "anvil"))
    assert (found.process, found.pid) == ("smtpd", 8)
