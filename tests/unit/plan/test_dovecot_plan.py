"""Dovecot's part of a plan: what is shown, what is written, when the queue may be flushed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.factories import FRESH, ZEKE
from tests.unit.postfix.test_dovecot import RIGHT
from wizard.answers.build import build_answers, to_values
from wizard.answers.model import Answers, Problem
from wizard.answers.sections.domains import Domains
from wizard.answers.sections.dovecot import Dovecot
from wizard.answers.toml import format_answers, parse_answers
from wizard.host import facts
from wizard.host.facts import Host, Unit
from wizard.host.firewall_facts import Firewall, Zone
from wizard.paths import DOVECOT_CONF, MAIN_CF
from wizard.plan import report
from wizard.plan.actions import AskThenFlush, CheckDovecot, OpenFirewall, ReplaceFile, TurnBeside
from wizard.plan.model import Plan
from wizard.plan.wire import plan_from_bytes, plan_to_bytes
from wizard.planning.build import build_plan
from wizard.planning.read_back import read_back
from wizard.postfix.dovecot import written_parts

WRITE = replace(ZEKE, dovecot=Dovecot("write", "open"))
VERSION = "2.3.16"
THERE = facts.Dovecot(version=VERSION, settings={"ssl": "yes"}, reads_conf_d=True, reader="taro")
STEPS = [
    "dovecot-staged",
    "dovecot-conf",
    "dovecot-enable",
    "dovecot-service",
    "firewall-imaps",
    "dovecot-flush",
]


def host(**changes: Any) -> Host:
    return replace(FRESH, dovecot=replace(THERE, **changes))


def ids(plan: Plan) -> list[str]:
    return [step.id for step in plan.pending if "dovecot" in step.id or "imaps" in step.id]


def action(plan: Plan, step: str) -> Any:
    return next(one.action for one in plan.steps if one.id == step)


def test_by_default_nothing_is_done_and_the_lines_are_shown() -> None:
    with_it, without = build_plan(ZEKE, host()), build_plan(ZEKE, FRESH)
    assert with_it.steps == without.steps
    assert (with_it.files, with_it.warnings) == (without.files, without.warnings)
    (shown,) = with_it.to_copy
    assert (shown.path, shown.live) == (DOVECOT_CONF, None)
    assert written_parts(shown.proposed) == {
        "protocols", "lmtp-socket", "auth-socket", "user-name", "mailbox", "tls",
    }  # fmt: skip
    assert without.to_copy == ()
    (told,) = report.as_json(with_it)["to_copy"]
    assert told["path"] == DOVECOT_CONF
    assert plan_from_bytes(plan_to_bytes(with_it)) == with_it


def test_lines_that_are_copied_by_hand_do_not_say_that_a_run_wrote_them() -> None:
    (shown,) = build_plan(ZEKE, host()).to_copy
    assert b"undo" not in shown.proposed
    assert b"Copied by hand." in shown.proposed
    copied = host().with_file(DOVECOT_CONF, live=shown.proposed)
    assert build_plan(ZEKE, copied).to_copy == ()
    written = next(one for one in build_plan(WRITE, copied).files if one.path == DOVECOT_CONF)
    assert written.proposed.startswith(b"# Written by postfix-wizard")
    assert written_parts(written.proposed) == written_parts(shown.proposed)


@pytest.mark.parametrize("version", RIGHT)
def test_one_that_is_right_needs_no_line(version: str) -> None:
    plan = build_plan(WRITE, host(version=version, settings=RIGHT[version]))
    assert build_plan(ZEKE, host(version=version, settings=RIGHT[version])).to_copy == ()
    assert ids(plan) == STEPS[2:]
    assert not any(change.path == DOVECOT_CONF for change in plan.files)


def test_what_is_written_is_read_aside_first_and_asked_last() -> None:
    plan = build_plan(WRITE, host())
    assert ids(plan) == STEPS
    assert plan.steps[-1].id == "check"
    staged, put = action(plan, "dovecot-staged"), action(plan, "dovecot-conf")
    assert isinstance(staged, CheckDovecot)
    assert isinstance(put, ReplaceFile)
    assert staged.file == put.file
    assert put.file.before is None
    turn = action(plan, "dovecot-service")
    sockets = tuple(f"/var/spool/postfix/private/{one}" for one in ("dovecot-lmtp", "auth"))
    assert turn == TurnBeside("start", "dovecot", "inactive", sockets)
    assert action(plan, "firewall-imaps") == OpenFirewall("public", ("imaps",), ("imaps",))
    assert action(plan, "dovecot-flush") == AskThenFlush(sockets[0], "taro@mail.zeke.ne.jp")
    assert plan.to_copy == ()
    assert plan_from_bytes(plan_to_bytes(plan)) == plan


def as_written(**changes: Any) -> Host:
    """The host after such a run: our file is why Dovecot lacks nothing."""
    plan = build_plan(WRITE, host())
    text = next(one.proposed for one in plan.files if one.path == DOVECOT_CONF)
    zone = frozenset({"ssh", "imaps"})
    done = host(
        settings=RIGHT[VERSION],
        unit=Unit("enabled", "active"),
        lmtp_socket=True,
        auth_socket=True,
        **changes,
    )
    firewall = Firewall("running", "public", (Zone("public", zone, zone),))
    return replace(done, firewall=firewall).with_file(DOVECOT_CONF, live=text)


def test_a_second_run_has_nothing_to_do() -> None:
    assert ids(build_plan(WRITE, as_written())) == []
    assert build_plan(ZEKE, as_written()).to_copy == ()


def test_what_waits_is_asked_about_by_name_or_where_the_answers_speak_of_dovecot() -> None:
    waiting = as_written(waiting=3)
    assert ids(build_plan(WRITE, waiting)) == ["dovecot-flush"]
    assert ids(build_plan(ZEKE, waiting, ("dovecot",))) == ["dovecot-flush"]
    assert ids(build_plan(ZEKE, waiting)) == []
    assert ids(build_plan(WRITE, waiting, ("hostname",))) == []


def test_another_certificate_is_written_and_the_rest_stays() -> None:
    there = as_written()
    there = replace(there, lineages=(replace(there.lineages[0], name="new.example"),))
    own = replace(WRITE, certificate=replace(WRITE.certificate, name="new.example"))
    plan = build_plan(own, there)
    (change,) = [one for one in plan.files if one.path == DOVECOT_CONF]
    old = b"/etc/letsencrypt/live/zeke.ne.jp/"
    assert change.live is not None
    assert change.proposed == change.live.replace(old, b"/etc/letsencrypt/live/new.example/")
    assert ids(plan) == ["dovecot-staged", "dovecot-conf", "dovecot-service", "dovecot-flush"]
    assert action(plan, "dovecot-service").verb == "restart"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"version": ""}, "dnf install dovecot"),
        ({"unit": Unit("masked", "inactive")}, "systemctl unmask dovecot"),
    ],
)
def test_one_that_is_missing_is_never_started(changes: dict[str, Any], word: str) -> None:
    plan = build_plan(WRITE, host(**changes))
    assert ids(plan) == ["firewall-imaps"]
    assert any(word in warning for warning in plan.warnings)
    assert not plan.obstacles


@pytest.mark.parametrize(
    ("changes", "sections", "conf", "word"),
    [
        ({"version": ""}, ("dovecot",), "write", "dnf install dovecot"),
        ({"unit": Unit("masked", "inactive")}, ("dovecot",), "write", "systemctl unmask dovecot"),
        (
            {"unit": Unit("masked-runtime", "active")},
            ("networks", "dovecot"),
            "write",
            "systemctl unmask dovecot",
        ),
        ({"unit": Unit("masked", "inactive")}, ("networks",), "write", ""),
        ({"unit": Unit("masked", "inactive")}, ("dovecot",), "leave", ""),
    ],
)
def test_a_run_for_one_that_cannot_be_set_up_is_refused(
    changes: dict[str, Any], sections: tuple[str, ...], conf: str, word: str
) -> None:
    """It would write nothing, and the choice would be gone at the next reading of the host."""
    answers = replace(WRITE, dovecot=Dovecot(conf, "open"))
    plan = build_plan(answers, host(**changes), sections)
    said = [one.message for one in plan.obstacles if one.section == "dovecot"]
    assert len(said) == bool(word)
    assert all(word in one for one in said)
    warned = [one for one in plan.warnings if "Dovecot is m" in one]
    assert not (said and warned), "said once"


def test_the_advice_for_a_masked_one_names_the_answer_that_a_run_needs() -> None:
    plan = build_plan(
        replace(ZEKE, dovecot=Dovecot(imaps="open")), host(unit=Unit("masked", "inactive"))
    )
    (warning,) = [one for one in plan.warnings if "masked" in one]
    assert "`systemctl unmask dovecot`" in warning
    assert 'conf = "write"' in warning
    assert "apply --section dovecot" not in warning


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"version": "2.2.36"}, "only the syntax of 2.3 and 2.4"),
        ({"settings": {}, "complaint": "Unknown setting: bogus"}, "Unknown setting: bogus"),
        ({"reads_conf_d": False}, "!include conf.d/*.conf"),
    ],
)
def test_what_stands_in_the_way_of_writing(changes: dict[str, Any], word: str) -> None:
    (found,) = build_plan(WRITE, host(**changes)).obstacles
    assert (found.section, found.name) == ("dovecot", "conf")
    assert word in found.message
    assert not build_plan(ZEKE, host(**changes)).obstacles


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({"mail_location": "mdbox:~/mdbox"}, True),
        ({"mail_location": ""}, False),
        ({"mail_location": "maildir:~/Maildir"}, False),
    ],
)
def test_mail_that_is_kept_elsewhere_is_asked_back_about(
    settings: dict[str, str], asked: bool
) -> None:
    plan = build_plan(WRITE, host(settings={"ssl": "yes", **settings}))
    told = [one for one in plan.cautions if one.name == "dovecot-mailbox"]
    assert [settings["mail_location"] in one.message for one in told] == [True] * asked
    assert [one.values for one in told] == [(settings["mail_location"],)] * asked
    plan = build_plan(ZEKE, host(settings={"ssl": "yes", **settings}))
    assert not any(one.name == "dovecot-mailbox" for one in plan.cautions)


def test_a_host_without_people_is_not_flushed() -> None:
    plan = build_plan(WRITE, host(reader=""))
    assert "dovecot-flush" not in ids(plan)
    assert any("no user that Dovecot could be asked about" in one for one in plan.warnings)


def test_a_dovecot_that_does_not_listen_is_said() -> None:
    plan = build_plan(ZEKE, host(), ("dovecot",))
    assert any("does not listen on" in one for one in plan.warnings)


def test_read_back() -> None:
    main = set_up().text(MAIN_CF)
    back = read_back(as_written().with_file(MAIN_CF, live=main, from_package=False))
    assert back is not None
    assert back.dovecot == Dovecot("write", "open")
    bare = read_back(set_up())
    assert bare is not None
    assert bare.dovecot == Dovecot()


def set_up() -> Host:
    plan = build_plan(ZEKE, FRESH)
    return FRESH.with_file(MAIN_CF, live=plan.files[0].proposed, from_package=False)


def test_answers_without_the_section_and_wrong_ones() -> None:
    assert ZEKE.dovecot == Dovecot()
    assert parse_answers(format_answers(WRITE)) == WRITE
    values = to_values(WRITE)
    values["dovecot"]["conf"] = "yes"
    result = build_answers(values)
    assert not isinstance(result, Answers)
    assert result == (Problem("dovecot", "conf", "Choose one of leave, write."),)


def test_a_line_of_2_3_that_keeps_2_4_from_starting_is_in_the_way() -> None:
    line = "/etc/dovecot/dovecot.conf: ssl_server_cert_file = </etc/cert.pem"
    there = host(version="2.4.1", old_lines=(line,))
    (obstacle,) = build_plan(WRITE, there, ("dovecot",)).obstacles
    assert line in obstacle.message
    assert "Take the < out" in obstacle.message
    assert not build_plan(WRITE, there, ("limits",)).obstacles


NAMED = replace(ZEKE, dovecot=Dovecot("write", names="local"))
PAM = ("passdb pam", "userdb passwd")


def test_names_of_users_are_changed_only_where_they_are_those_of_this_host() -> None:
    (problem,) = build_plan(NAMED, host(backends=("passdb pam", "passdb sql"))).obstacles
    assert (problem.section, problem.name) == ("dovecot", "names")
    assert "users of its own (passdb sql)" in problem.message
    plan = build_plan(NAMED, host(backends=PAM))
    assert plan.obstacles == ()
    (file,) = [one for one in plan.files if one.path == DOVECOT_CONF]
    assert {"login-name", "user-name"} < written_parts(file.proposed)
    assert action(plan, "dovecot-staged").domains[:2] == ("zeke.ne.jp", "mail.zeke.ne.jp")
    assert plan_from_bytes(plan_to_bytes(plan)) == plan
    many = replace(NAMED, domains=Domains(tuple(f"d{at}.example" for at in range(100))))
    (problem,) = build_plan(many, host(backends=PAM)).obstacles
    assert "more than 100 local domains" in problem.message


def test_who_logs_in_with_another_domain_is_warned_of() -> None:
    there = {"auth_username_format": "%Ln", **THERE.settings}
    said = build_plan(NAMED, host(backends=PAM, settings=there)).warnings
    assert any("takes any domain after a name today" in one for one in said)
    said = build_plan(NAMED, host(backends=PAM)).warnings
    assert not any("takes any domain" in one for one in said)


def test_a_part_that_is_not_asked_for_any_more_leaves_the_file() -> None:
    right = host(settings=RIGHT[VERSION], backends=PAM, unit=Unit("enabled", "active"))
    offered = replace(ZEKE, dovecot=Dovecot("write", auth_login="offer"))
    (file,) = [one for one in build_plan(offered, right).files if one.path == DOVECOT_CONF]
    assert written_parts(file.proposed) == {"login-mechanism"}
    assert "dovecot-mechanisms" not in ids(build_plan(offered, right))
    runs = replace(right, unit=Unit("enabled", "active"))
    assert action(build_plan(offered, runs), "dovecot-mechanisms").unit == "postfix"
    with_it = {**RIGHT[VERSION], "auth_mechanisms": "plain login"}
    there = replace(right, dovecot=replace(right.dovecot, settings=with_it))
    there = there.with_file(DOVECOT_CONF, live=file.proposed)
    leave = replace(ZEKE, dovecot=Dovecot("write"))
    (file,) = [one for one in build_plan(leave, there).files if one.path == DOVECOT_CONF]
    assert written_parts(file.proposed) == frozenset()
    assert b"auth_mechanisms" not in file.proposed
    again = build_plan(leave, right.with_file(DOVECOT_CONF, live=file.proposed))
    assert not any(one.path == DOVECOT_CONF for one in again.files)
