"""The units around Postfix, and whether Postfix has read its files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from wizard.check.commands import NOTHING, CommandResult
from wizard.check.host import units
from wizard.check.host.units import with_start
from wizard.door import Door, Outcome
from wizard.finding import RIGHT, WARNING, WRONG, Finding


def shown(**states: tuple[str, str]) -> CommandResult:
    blocks = [
        f"Id={name}.service\nActiveState={active}\nUnitFileState={boot}\nTriggeredBy="
        for name, (active, boot) in states.items()
    ]
    return CommandResult(Outcome(0, "\n\n".join(blocks).encode(), b""))


@pytest.mark.parametrize(
    ("told", "named"),
    [
        (shown(dovecot=("active", "enabled"), firewalld=("active", "enabled")), {}),
        (shown(dovecot=("inactive", "disabled"), exim=("inactive", "disabled")), {}),
        (shown(dovecot=("active", "disabled")), {"unit.dovecot": "enable dovecot"}),
        (shown(firewalld=("active", "masked")), {"firewall.boot": "enable firewalld"}),
        (shown(exim=("inactive", "enabled")), {"unit.rivals": "exim"}),
        (shown(sendmail=("active", "disabled")), {"unit.rivals": "sendmail"}),
    ],
)
def test_units_beside(told: CommandResult, named: dict[str, str]) -> None:
    found = {one.id: one for one in units.judge_units(told) if one.verdict == WARNING}
    assert found.keys() == named.keys()
    assert all(word in found[key].advice for key, word in named.items())
    # What the advice says is what the cure does.
    for one in found.values():
        assert one.cure.commands
        assert all(f"`{' '.join(argv)}`" in one.advice for argv in one.cure.commands)


@pytest.mark.parametrize("starter", ["TriggeredBy", "WantedBy", "RequiredBy"])
def test_a_dovecot_that_another_unit_starts(starter: str) -> None:
    told = shown(dovecot=("active", "disabled")).text + f"\n{starter}=dovecot.path"
    found = list(units.judge_units(CommandResult(Outcome(0, told.encode(), b""))))
    assert {one.verdict for one in found} == {RIGHT}
    (boot,) = [one for one in found if one.id == "unit.dovecot"]
    assert boot.seen == "disabled, and started by dovecot.path"


def test_a_target_starts_nothing_that_is_disabled() -> None:
    told = shown(dovecot=("active", "disabled")).text + "\nWantedBy=multi-user.target"
    found = units.judge_units(CommandResult(Outcome(0, told.encode(), b"")))
    assert [one.id for one in found if one.verdict == WARNING] == ["unit.dovecot"]


def test_a_masked_unit_is_not_started_by_its_path() -> None:
    told = shown(dovecot=("active", "masked")).text.replace("By=", "By=dovecot.path")
    found = units.judge_units(CommandResult(Outcome(0, told.encode(), b"")))
    assert [one.id for one in found if one.verdict == WARNING] == ["unit.dovecot"]


LOADED = (
    "{at} ace postfix/postfix-script[9]: {what} the Postfix mail system\n"
    "{at} ace postfix/smtpd[9]: warning: reload -- version of a stranger\n"
)


@pytest.mark.parametrize(
    ("age", "what", "verdict"),
    [
        (-5, "starting", RIGHT),
        (-5, "refreshing", RIGHT),
        (5, "starting", WARNING),
        # Within a second, too.
        (-0.2, "starting", RIGHT),
        (0.2, "starting", WARNING),
        (0.7, "refreshing", WARNING),
    ],
)
@pytest.mark.parametrize("name", ["main.cf", "master.cf"])
def test_what_postfix_has_read(
    tmp_path: Path, age: float, what: str, verdict: str, name: str
) -> None:
    path = tmp_path / "etc/postfix" / name
    path.parent.mkdir(parents=True)
    path.touch()
    os.utime(path, (1000 + age, 1000 + age))
    log = LOADED.format(at="1000.123456", what=what)
    (found,) = units.judge_loaded(log, Door(tmp_path))
    assert (found.id, found.verdict) == ("unit.loaded", verdict)


def test_a_log_that_does_not_tell(tmp_path: Path) -> None:
    assert list(units.judge_loaded("Nov 24 15:00 postfix: nothing", Door(tmp_path))) == []


def test_nothing_is_said_of_units_that_systemd_does_not_show() -> None:
    assert list(units.judge_units(CommandResult(NOTHING, "there is no systemctl"))) == []


@pytest.mark.parametrize(
    ("advice", "said"),
    [
        ("Set it in main.cf; reload.", "Set it in main.cf; `systemctl start postfix`."),
        ("Run `systemctl reload postfix`.", "Run `systemctl start postfix`."),
        (
            "`systemctl restart postfix`; see master.cf.",
            "`systemctl start postfix`; see master.cf.",
        ),
        ("Set it, then reload Postfix.", "Set it, then `systemctl start postfix`."),
        ("Let PLAIN in; reload, and flush.", "Let PLAIN in; `systemctl start postfix`, and flush."),
        ("See that what certbot runs has Postfix reload.", ""),
        ("`firewall-cmd --reload`", ""),
        ("`systemctl reload named`", ""),
        ("", ""),
    ],
)
@pytest.mark.parametrize("state", ["inactive", "failed", "active", "activating"])
def test_what_is_stopped_is_started_and_not_reloaded(state: str, advice: str, said: str) -> None:
    unit = Finding("unit.active", "it", state, "active", WRONG, "Run `systemctl start postfix`.")
    other = Finding("main.cf.x", "it", "seen", "expected", WRONG, advice)
    is_stopped = state in {"inactive", "failed"}
    _, found = with_start((unit, other))
    assert found.advice == (said if said and is_stopped else advice)
