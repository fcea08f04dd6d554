"""The relay host: what its section writes, what it leaves alone, and where its password is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories import FRESH
from tests.unit.plan.test_keys import applied
from wizard.answers.build import build_answers, to_values
from wizard.answers.model import Answers
from wizard.answers.sections.relay import Relay
from wizard.answers.unsaid import is_unsaid
from wizard.door import Door
from wizard.host.facts import Host, RelayTable
from wizard.host.secret_file import RELAY_PASSWORD, read_secret
from wizard.paths import MAIN_CF, SASL_PASSWD
from wizard.plan import report
from wizard.plan.actions import BuildTable, Install, ReplaceFile
from wizard.plan.model import Plan
from wizard.plan.wire import plan_to_bytes
from wizard.planning.build import build_plan
from wizard.planning.read_back import read_back
from wizard.postfix.main_cf import MainCf
from wizard.run.seals import Seals
from wizard.run.unseal import open_file
from wizard.secrets import masked_file, opened, passwords_in, seal_passwords

pytestmark = pytest.mark.promise(24)

SECRET, OTHER = "canary: himitsu#4711", "canary-other"
KEY = "[smtp.provider.example]:587"
RELAY = Relay("smtp.provider.example", user="taro@example.com")
AUTHORITIES = b"smtp_tls_CAfile = /etc/pki/tls/certs/ca-bundle.crt\n"
TABLE = "/etc/postfix/sasl_passwd"


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "relay.password"
    path.write_text(f"{SECRET}\n")
    path.chmod(0o600)
    return path


def with_relay(
    answers: Answers, relay: Relay, path: Path, host: Host = FRESH
) -> tuple[Answers, Host]:
    """The answers with the relay, and the host with its password read, as a session does it."""
    wanted = replace(answers, relay=replace(relay, password_file=str(path)))
    return wanted, replace(host, relay_password=read_secret(Door(), str(path), RELAY_PASSWORD))


def text_of(plan: Plan, step: str) -> bytes:
    action = next(one.action for one in plan.steps if one.id == step)
    assert isinstance(action, ReplaceFile)
    return open_file(action.file, Seals()).text


def own(plan: Plan) -> dict[str, str]:
    main = MainCf.parse(plan.files[0].proposed)
    found = {one.name: one.value for one in main.entries}
    return {
        n: v
        for n, v in found.items()
        if n.startswith(("relay", "smtp_sasl", "smtp_tls_p", "smtp_tls_w"))
    }


def after(plan: Plan, host: Host) -> Host:
    """The host once the plan was run."""
    text = text_of(plan, "sasl_passwd")
    rows = "".join(
        f"{key}\t{value}\n"
        for step in plan.steps
        if isinstance(step.action, BuildTable) and step.id == "sasl_passwd-table"
        for key, value in step.action.rows
    )
    dump = opened(rows.encode(), seal_passwords(text, SECRET).keys)
    there = applied(host, text_of(plan, "main.cf"))
    return replace(there, relay_table=RelayTable(dump)).with_file(TABLE, live=text)


BASE = {
    "relayhost": KEY,
    "smtp_sasl_auth_enable": "yes",
    "smtp_sasl_password_maps": f"$default_database_type:{TABLE}",
    "smtp_sasl_tls_security_options": "noanonymous",
    "smtp_tls_policy_maps": f"inline:{{ {{ {KEY} = encrypt }} }}",
}
CASES = [
    (RELAY, BASE),
    (
        replace(RELAY, tls="secure"),
        BASE | {"smtp_tls_policy_maps": f"inline:{{ {{ {KEY} = secure }} }}"},
    ),
    (
        replace(RELAY, tls="may"),
        BASE
        | {
            "smtp_tls_policy_maps": f"inline:{{ {{ {KEY} = may }} }}",
            "smtp_sasl_security_options": "noanonymous",
        },
    ),
    (
        replace(RELAY, host="192.0.2.7", port=465, user=""),
        {
            "relayhost": "[192.0.2.7]:465",
            "smtp_tls_policy_maps": "inline:{ { [192.0.2.7]:465 = encrypt } }",
            "smtp_tls_wrappermode": "yes",
        },
    ),
]


@pytest.mark.parametrize(("relay", "parameters"), CASES)
def test_what_stands_in_main_cf(
    answers: Answers, password_file: Path, relay: Relay, parameters: dict[str, str]
) -> None:
    stock = FRESH.with_file(MAIN_CF, live=FRESH.text(MAIN_CF) + AUTHORITIES)
    wanted, host = with_relay(answers, relay, password_file, stock)
    plan = build_plan(wanted, host)
    assert not plan.obstacles
    assert own(plan) == parameters
    if relay.user:
        today = read_back(after(plan, host))
        assert today is not None
        assert replace(today.relay, password_file=str(password_file)) == wanted.relay


def test_the_password_is_in_the_file_and_in_nothing_else(
    answers: Answers, password_file: Path
) -> None:
    wanted, host = with_relay(answers, RELAY, password_file)
    plan = build_plan(wanted, host)
    kept = plan_to_bytes(plan)
    shown = "\n".join(line for change in plan.files for line in report.file_diff(change))
    for text in (kept.decode(), repr(plan), repr(host), json.dumps(report.as_json(plan)), shown):
        assert SECRET not in text
    assert f"+{KEY} taro@example.com:(password)" in shown
    file = next(one.action for one in plan.steps if one.id == "sasl_passwd")
    assert isinstance(file, ReplaceFile)
    assert file.file.mode == 0o600
    assert text_of(plan, "sasl_passwd").endswith(f"{KEY} taro@example.com:{SECRET}\n".encode())
    (table,) = (one.action for one in plan.steps if one.id == "sasl_passwd-table")
    assert isinstance(table, BuildTable)
    assert table.mode == 0o600


def test_twice_is_once_a_new_password_is_written_and_none_takes_all_back(
    answers: Answers, password_file: Path
) -> None:
    without = text_of(build_plan(answers, FRESH), "main.cf")
    wanted, host = with_relay(answers, RELAY, password_file, applied(FRESH, without))
    there = after(build_plan(wanted, host), host)
    again = [one.id for one in build_plan(wanted, there).pending]
    assert not {"main.cf", "sasl_passwd", "sasl_passwd-table"} & set(again)

    password_file.write_text(OTHER)
    rotated = with_relay(answers, RELAY, password_file, there)[1]
    for sections in ((), ("relay",)):
        plan = build_plan(wanted, rotated, sections)
        assert "main.cf" not in [one.id for one in plan.pending]
        assert f"taro@example.com:{OTHER}".encode() in opened(
            next(c for c in plan.files if c.path == TABLE).proposed, {"(password)": OTHER}
        )
        assert SECRET.encode() not in plan_to_bytes(plan)

    for sections in ((), ("relay",)):
        plan = build_plan(answers, there, sections)
        assert plan.files[0].proposed == without
        assert b"taro" not in next(c for c in plan.files if c.path == TABLE).proposed


BY_HAND = b"""relayhost = [smtp.provider.example]:587
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd
smtp_sasl_security_options = noanonymous
"""
HAND_TABLE = (
    f"# mine: not yours\n{KEY}  taro@example.com:{OTHER}\n[b.example] hanako:{SECRET}\n".encode()
)


def by_hand() -> Host:
    host = applied(FRESH, FRESH.text(MAIN_CF) + b"myhostname = mail.zeke.ne.jp\n" + BY_HAND)
    return host.with_file(TABLE, live=HAND_TABLE)


def test_answers_without_a_relay_leave_one_that_was_set_by_hand(answers: Answers) -> None:
    plan = build_plan(answers, by_hand())
    assert BY_HAND in plan.files[0].proposed
    change = next(one for one in plan.files if one.path == TABLE)
    assert change.live == change.proposed
    assert not {"sasl_passwd", "sasl_passwd-table"} & {
        one.id for one in plan.pending if one.id == "sasl_passwd"
    }
    for secret in (SECRET, OTHER):
        assert secret not in repr(plan)


def test_one_set_by_hand_reads_back_and_is_taken_out_where_the_section_says_so() -> None:
    host = by_hand()
    today = read_back(host)
    assert today is not None
    assert today.relay == replace(RELAY, tls="may")
    assert own(build_plan(today, host, ("relay",))) == {
        name: value
        for name, _, value in (line.decode().partition(" = ") for line in BY_HAND.splitlines())
    }
    plan = build_plan(replace(today, relay=Relay()), host, ("relay",))
    assert own(plan) == {}
    assert next(c for c in plan.files if c.path == TABLE).proposed == (
        b"# mine: not yours\n[b.example] hanako:(password3)\n"
    )


def test_a_relay_written_in_capitals_takes_its_password_with_it() -> None:
    host = by_hand()
    capitals = host.text(MAIN_CF).replace(b"[smtp.provider", b"[SMTP.Provider")
    host = host.with_file(MAIN_CF, live=capitals)
    today = read_back(host)
    assert today is not None
    plan = build_plan(replace(today, relay=Relay()), host, ("relay",))
    assert own(plan) == {}
    assert next(c for c in plan.files if c.path == TABLE).proposed == (
        b"# mine: not yours\n[b.example] hanako:(password3)\n"
    )


INLINE = "smtp_tls_policy_maps = inline:{ "


def of_host(*lines: str) -> Host:
    """A relay that was set by hand, with these lines besides."""
    host = by_hand()
    text = host.text(MAIN_CF) + "".join(f"{one}\n" for one in lines).encode()
    return host.with_file(MAIN_CF, live=text)


@pytest.mark.parametrize(
    ("lines", "tls"),
    [
        (["smtp_tls_security_level = encrypt"], "encrypt"),
        (["smtp_tls_security_level = secure"], "secure"),
        ([INLINE + f"{{ {KEY} = secure }} }}"], "secure"),
        # What no answer says is not read as less than it is: the relay stays the operator's own.
        (["smtp_tls_security_level = verify"], None),
        (["smtp_tls_security_level = dane-only"], None),
        (["smtp_tls_security_level =", "smtp_enforce_tls = yes"], None),
        ([INLINE + "{ other.example = secure } }"], None),
        ([INLINE + f"{{ {KEY} = secure }}, {{ other.example = may }} }}"], None),
        (["smtp_tls_policy_maps = hash:/etc/postfix/tls_policy"], None),
    ],
)
def test_the_level_of_one_set_by_hand_is_never_read_as_less(
    lines: list[str], tls: str | None
) -> None:
    today = read_back(of_host(*lines))
    assert today is not None
    assert today.relay.host == RELAY.host
    assert today.relay.tls == tls if tls else is_unsaid(today.relay.tls)


def test_a_map_of_the_operators_own_is_told_of_before_it_goes(
    answers: Answers, password_file: Path
) -> None:
    host = of_host(INLINE + "{ other.example = secure } }")
    plan = build_plan(*with_relay(answers, RELAY, password_file, host))
    assert any("{ other.example = secure } } is taken out" in one for one in plan.warnings)
    ours = of_host(INLINE + f"{{ {KEY} = may }} }}")
    plan = build_plan(*with_relay(answers, RELAY, password_file, ours))
    assert not any("is taken out" in one for one in plan.warnings)


@pytest.mark.parametrize(
    ("relay", "mode", "wrong"),
    [
        (RELAY, None, "is not there"),
        (replace(RELAY, user=""), None, ""),
        (RELAY, 0o600, ""),
        (RELAY, 0o640, "used by others than root (mode 0640)"),
    ],
)
def test_what_stands_in_the_way(
    answers: Answers,
    password_file: Path,
    relay: Relay,
    mode: int | None,
    wrong: str,
) -> None:
    if mode is None:
        password_file.unlink()
    else:
        password_file.chmod(mode)
    plan = build_plan(*with_relay(answers, relay, password_file))
    told = " ".join(one.message for one in plan.obstacles)
    assert (wrong in told) if wrong else not told


def test_a_table_that_others_read_and_missing_authorities_are_obstacles(
    answers: Answers, password_file: Path
) -> None:
    wanted, host = with_relay(answers, replace(RELAY, tls="secure"), password_file, by_hand())
    loose = host.with_file(SASL_PASSWD, mode=0o644)
    bare = loose.with_file(MAIN_CF, live=BY_HAND)
    plan = build_plan(wanted, bare)
    told = " ".join(one.message for one in plan.obstacles)
    assert "chmod 600 /etc/postfix/sasl_passwd" in told
    assert "smtp_tls_CAfile" in told


def test_what_postfix_logs_in_with_is_installed_where_it_is_missing(
    answers: Answers, password_file: Path
) -> None:
    def first(relay: Relay, *, has_plain: bool) -> dict[str, bool]:
        wanted, host = with_relay(answers, relay, password_file)
        plan = build_plan(wanted, replace(host, has_plain=has_plain))
        found = [(step.id, step.done) for step in plan.steps if isinstance(step.action, Install)]
        assert all(
            step in plan.steps[:2] for step in plan.steps if isinstance(step.action, Install)
        )
        return dict(found)

    assert first(RELAY, has_plain=False)["install-sasl-plain"] is False
    assert first(RELAY, has_plain=True)["install-sasl-plain"] is True
    assert list(first(replace(RELAY, user=""), has_plain=False)) == ["install"]


@pytest.mark.parametrize(
    ("section", "wrong"),
    [
        ({"user": "taro"}, "relay.host"),
        ({"host": "192.0.2.1", "tls": "secure"}, "relay.tls"),
        # Postfix sends nothing then: smtp_tls_wrappermode requires encrypt (postconf(5)).
        ({"host": "a.example", "port": 465, "tls": "may"}, "relay.tls"),
        ({"host": "one_two.example"}, "relay.host"),
        ({"host": "a.example", "port": 0}, "relay.port"),
        ({"host": "a.example", "user": "a:b"}, "relay.user"),
        ({"host": "a.example", "tls": "none"}, "relay.tls"),
        ({"host": "a.example", "password_file": "x"}, "relay.password_file"),
        ({"password": "x"}, "relay.password"),
    ],
)
def test_wrong_answers(answers: Answers, section: dict[str, object], wrong: str) -> None:
    found = build_answers({**to_values(answers), "relay": section})
    assert isinstance(found, tuple)
    assert [f"{one.section}.{one.name}" for one in found] == [wrong]


@pytest.mark.parametrize(
    "data", [b"", b"\n", b" x\n", b"x \n", b"a\nb\n", b"a\tb", b"\xff", b"x" * 256]
)
def test_a_bad_password_file(password_file: Path, data: bytes) -> None:
    password_file.write_bytes(data)
    told = read_secret(Door(), str(password_file), RELAY_PASSWORD)
    assert told.text == ""
    assert "chmod 600" in told.problem


@pytest.mark.parametrize(
    "data",
    [
        b"# the relay's own (password)\n",
        b"# taro:(password2)\n[a.example] taro:one\n",
        b"[a.example] taro:(password)\n[b.example] x (password2)\n",
        b"[a.example] taro:(password2)x\n  y:(password)\r\n#(password)\n#:(password) \n",
        b'[a.example] taro:%s "\\ \xe3\x80\x80\xc2\x85\n',
        b"\t\x00\x0b",
        b"[a.example] taro:one \x0c\n  two\x0b\r\n[b.example] x:(password2)\x0b\t\n",
    ],
)
def test_what_looks_like_the_mark_of_a_password_is_not_opened(data: bytes) -> None:
    for known in ("", "known"):
        sealed = seal_passwords(data, known)
        assert opened(sealed.text, sealed.keys) == data
        assert set(sealed.keys.values()) - {"known"} <= set(passwords_in(data)), "a worker finds it"


@given(
    st.binary(max_size=200) | st.text("# \t\r\n\v\f[]:ab()password2", max_size=80).map(str.encode)
)
def test_a_sealed_table_opens_to_what_it_was(data: bytes) -> None:
    sealed = seal_passwords(data, "known")
    assert opened(sealed.text, sealed.keys) == data
    assert seal_passwords(data, "ab").text.count(b"\n") == data.count(b"\n")


def test_no_password_of_a_table_is_shown() -> None:
    table = (
        b"# Users: at their relays\n#[old.example]:587 taro:one\n[a.example]:587\ttaro:two three \n"
        b"[b.example] four\n[c.example] hanako:fi:ve\r\n[d.example]\n  ji:ro six\n[e.example] x:\n"
    )
    assert masked_file(TABLE, table) == (
        b"# Users: at their relays\n#[old.example]:587 taro:(password)\n[a.example]:587\ttaro:(password) \n"
        b"[b.example] (password)\n[c.example] hanako:(password)\r\n[d.example]\n  (password)\n"
        b"[e.example] (password)\n"
    )
    assert masked_file("/etc/postfix/other", table) == table
