"""main.cf: any bytes survive, values are what Postfix reads, an edit touches nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields, replace
from typing import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wizard.answers.model import Answers
from wizard.answers.sections.blocklists import Blocklists, CustomBlocklist
from wizard.answers.sections.delivery import Delivery
from wizard.answers.sections.domains import Domains
from wizard.answers.sections.hostname import Hostname
from wizard.answers.sections.networks import Networks
from wizard.host.facts import Postfix
from wizard.host.main_cf import normalised, words
from wizard.postfix.items import words as items_of
from wizard.postfix.lines import content
from wizard.postfix.main_cf import MainCf, set_value
from wizard.postfix.main_policy import propose_main_cf
from wizard.postfix.parameters import PARAMETERS

FACTS = Postfix(None, "3.5.25", "hash")
ANSWERS = Answers(
    Hostname("mail.example.org", "example.org"),
    Domains(("example.org", "shop.example.org")),
    Networks(("192.168.7.0/24", "127.0.0.0/8")),
)
NAMED = replace(ANSWERS, certificate=replace(ANSWERS.certificate, name="example.org"))

PIECES = [
    *(one.name for one in PARAMETERS),
    *("relayhost", " = ", "=", "\n", "\r\n", "\n ", "\n\t", "#", "\n#", "\n # ", "\n\n", ","),
    *("a.example", "10.0.0.0/8", "hash:/x", "$mydomain", "{ a, b }", "\0", "\f", "\x85", "\u3000"),
    *("reject_rbl_client ", "zen.spamhaus.org", "warn_if_reject ", "permit_mynetworks", "reject"),
    *("# Anti-Abuse\n", "# SASL parameters\n", "#mynetworks = x\n", "#myhostname = y\n"),
    *("\nsmtpd_recipient_restrictions =", "\nmydestination = ", "\nmynetworks = ", "\udcff"),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map(
    lambda pieces: "".join(pieces).encode("utf-8", "surrogateescape")
)
SECTIONS = st.lists(
    st.sampled_from(["hostname", "domains", "networks", "blocklists", "limits", "policy"]),
    max_size=2,
)


@pytest.mark.promise(13)
@given(st.binary() | TEXTS)
@example(b"")
@example(b"\n")
@example(b" orphan\r\nmyhostname = a")
@example(b"myhostname = \xff\xfe\0rest\n\tmore")
def test_any_bytes_survive(data: bytes) -> None:
    cf = MainCf.parse(data)
    assert bytes(cf) == data
    assert (len(cf.entries), len(cf.examples)) >= (0, 0)


READINGS = {
    "plain": (b"myhostname = a\n", "a"),
    "no blanks": (b"myhostname=a", "a"),
    "tabs": (b"myhostname\t=\ta\tb\t\n", "a b"),
    "crlf": (b"myhostname = a\r\n\tb\r\n", "a b"),
    "the last wins": (b"myhostname = a\nmyhostname = b\n", "b"),
    "folded": (b"myhostname =\n  a\n\tb\n", "a b"),
    "comments and blanks within": (b"myhostname = a\n# no\n\n   # no\n \t\n  b\n", "a b"),
    "a comment is no fold": (b"myhostname = a\n  #b\nmydomain = c\n", "a"),
    "the name alone on its line": (b"myhostname\n  = a\n", "a"),
    "an orphan is skipped": (b"  myhostname = a\n  mydomain = b\nmyhostname = c\n", "c"),
    "text after a NUL is lost": (b"myhostname = a\0b\n  c\n", "a"),
    "empty": (b"myhostname =\n", ""),
    "a hash in a value": (b"myhostname = a # b\n", "a # b"),
    "equals in a value": (b"myhostname = a=b\n", "a=b"),
    "not set": (b"#myhostname = a\nmyhostname\n", None),
}


@pytest.mark.parametrize(("data", "value"), READINGS.values(), ids=READINGS.keys())
def test_a_value_is_what_postfix_reads(data: bytes, value: str) -> None:
    assert MainCf.parse(data).value("myhostname") == value


EDITS = {
    "trailing blanks stay": (b"mydomain = a  \n", b"mydomain = z  \n"),
    "the style stays": (b"mydomain=a\n", b"mydomain=z\n"),
    "crlf stays": (b"mydomain = a\r\nx = y\r\n", b"mydomain = z\r\nx = y\r\n"),
    "no last newline": (b"x = y\nmydomain = a", b"x = y\nmydomain = z"),
    "empty before": (b"mydomain =\n", b"mydomain = z\n"),
    "folds go, comments stay": (b"mydomain =\n # c\n a\n\n b\nx=y", b"mydomain = z\n # c\n\nx=y"),
    "only the last": (b"mydomain = a\nmydomain = b\n", b"mydomain = a\nmydomain = z\n"),
    "after a NUL": (b"mydomain = a\0b\n", b"mydomain = z\n"),
    "not utf-8 elsewhere": (b"#\xff\nmydomain = a\n\xfe = b", b"#\xff\nmydomain = z\n\xfe = b"),
    "already so": (b"mydomain =\n\tz\n", b"mydomain =\n\tz\n"),
}


@pytest.mark.promise(13)
@pytest.mark.parametrize(("before", "after"), EDITS.values(), ids=EDITS.keys())
def test_a_value_is_edited_where_it_stands(before: bytes, after: bytes) -> None:
    assert bytes(set_value(MainCf.parse(before), "mydomain", "z", "why")) == after


@pytest.mark.promise(13)
def test_a_line_added_to_a_file_without_a_last_newline_does_not_glue() -> None:
    text = propose_main_cf(b"relayhost = x", NAMED, FACTS, ["hostname"]).text
    assert text.startswith(b"relayhost = x\nmyhostname = mail.example.org\n")


@pytest.mark.promise(13)
def test_a_crlf_file_gets_crlf_lines(answers: Answers) -> None:
    text = propose_main_cf(b"# mine\r\nrelayhost = x\r\n", answers, FACTS).text
    assert text.count(b"\n") == text.count(b"\r\n") > 30


@pytest.mark.promise(13, 17, 18)
@given(TEXTS, SECTIONS)
def test_twice_is_once_and_the_rest_stays(data: bytes, sections: list[str]) -> None:
    proposal = propose_main_cf(data, NAMED, FACTS, sections)
    again = propose_main_cf(proposal.text, NAMED, FACTS, sections)
    assert again.text == proposal.text
    assert (again.changed, again.reasons) == ((), ())
    before, after = MainCf.parse(data), MainCf.parse(proposal.text)
    ours = {one.name for one in PARAMETERS}
    assert [(e.name, e.value) for e in before.entries if e.name not in ours] == [
        (e.name, e.value) for e in after.entries if e.name not in ours
    ]
    for one in PARAMETERS:
        if one.name not in proposal.changed:
            assert before.value(one.name) == after.value(one.name)
    assert dict(proposal.expected).items() <= {n: after.value(n) for n in ours}.items()


@pytest.mark.slow
@given(TEXTS, SECTIONS)
@example(b"\nsmtpd_recipient_restrictions =\n \0# Anti-Abuse\n", [])
@example(b"\nmydestination = \n myhostname\n 10.0.0.0/8", [])
def test_every_line_that_is_new_has_its_reason(data: bytes, sections: list[str]) -> None:
    proposal = propose_main_cf(data, NAMED, FACTS, sections)
    old = set(MainCf.parse(data).lines.texts)
    covered = {
        number
        for reason in proposal.reasons
        for number in range(reason.first_line, reason.last_line + 1)
    }
    for number, text in enumerate(MainCf.parse(proposal.text).lines.texts, 1):
        assert number in covered or text in old
    assert (proposal.text == data) == (proposal.reasons == ())


@pytest.mark.slow
@pytest.mark.promise(13)
@given(TEXTS)
@example(b"smtpd_recipient_restrictions = a\0\n#\n b,\n# c\n d\n")
def test_comments_of_the_operators_stay(data: bytes) -> None:
    proposal = propose_main_cf(data, NAMED, FACTS)
    taken = tuple(f"#{one.name}" for one in PARAMETERS)
    for text in MainCf.parse(data).lines.texts:
        if text.startswith("#") and not text.startswith(taken):
            assert content(text) in map(content, MainCf.parse(proposal.text).lines.texts)


HARM = ["\r", "\n", "\0", "\x1b", "\x7f", "\x85", "\u2028"]


def harmed(bad: str) -> list[Answers]:
    """Answers with a bad character in each place that a person can fill."""
    value = f"x{bad}y"
    found = [
        replace(NAMED, hostname=replace(NAMED.hostname, **{one.name: value}))
        for one in fields(Hostname)
    ]
    found += [
        replace(NAMED, delivery=replace(NAMED.delivery, **{one.name: value}))
        for one in fields(Delivery)
    ]
    found.append(replace(NAMED, networks=replace(NAMED.networks, inet_interfaces=value)))
    found.append(replace(NAMED, networks=replace(NAMED.networks, inet_protocols=value)))
    found.append(replace(NAMED, networks=Networks((value,))))
    found.append(replace(NAMED, domains=Domains((value,))))
    found.append(replace(NAMED, certificate=replace(NAMED.certificate, name=value)))
    found.append(replace(NAMED, limits=replace(NAMED.limits, anvil_rate_time_unit=value)))
    for custom in (CustomBlocklist(value), CustomBlocklist("a.b", replies=value)):
        found.append(replace(NAMED, blocklists=Blocklists(custom=(custom,))))
    return found


@pytest.mark.slow
@pytest.mark.promise(21)
@pytest.mark.parametrize("bad", HARM, ids=[hex(ord(bad)) for bad in HARM])
def test_the_writer_refuses_control_characters(
    bad: str, stock: Callable[[str, str], bytes]
) -> None:
    for live in (b"", stock("el9", "main.cf")):
        for answers in harmed(bad):
            with pytest.raises(ValueError, match=r"control character|not "):
                propose_main_cf(live, answers, FACTS)


@pytest.mark.promise(21)
@given(st.text(), st.sampled_from([b"", b"mydomain = a\n b\n", b"#mydomain = a\n#mydomain = b"]))
@example("a\r\nmynetworks = 0.0.0.0/0", b"")
@example("x\n\trelayhost = y", b"mydomain = a\n b\n")
def test_no_value_makes_a_second_parameter(value: str, live: bytes) -> None:
    answers = replace(NAMED, hostname=replace(NAMED.hostname, mydomain=value))
    try:
        proposal = propose_main_cf(live, answers, FACTS, ["hostname"])
    except ValueError:
        return
    cf = MainCf.parse(proposal.text)
    assert {entry.name for entry in cf.entries} <= {"myhostname", "mydomain", "myorigin"}
    assert (cf.value("mydomain") or "") == normalised(value)


@pytest.mark.promise(21)
@given(st.text(), st.sampled_from(["domains", "networks"]))
@example("a.example\nb.example", "domains")
@example("10.0.0.0/8\n0.0.0.0/0", "networks")
@example("10.0.0.0/8, 0.0.0.0/0", "networks")
@example("", "networks")
@example("#", "domains")
def test_no_item_makes_a_second_item(value: str, section: str) -> None:
    live = b"mydestination = $myhostname\nmynetworks = 127.0.0.0/8\n"
    changed = {"domains": Domains((value,)), "networks": Networks((value,))}[section]
    answers = replace(NAMED, **{section: changed})  # type: ignore[arg-type]
    try:
        proposal = propose_main_cf(live, answers, FACTS, [section])
    except ValueError:
        return
    cf = MainCf.parse(proposal.text)
    assert len((cf.value("mynetworks") or "").split()) <= 2
    assert len((cf.value("mydestination") or "").split()) <= 5


@pytest.mark.promise(21)
@given(st.text(), st.text())
@example("zen.example reject_unauth", "")
@example("zen.example, permit", "")
def test_no_zone_makes_a_second_restriction(zone: str, replies: str) -> None:
    custom = CustomBlocklist(zone, "client", replies)
    answers = replace(NAMED, blocklists=Blocklists(use=(), custom=(custom,)))
    try:
        proposal = propose_main_cf(b"", answers, FACTS, ["policy", "blocklists"])
    except ValueError:
        return
    value = MainCf.parse(proposal.text).value("smtpd_recipient_restrictions") or ""
    assert value.count(",") == 5
    assert len(value.split(" ")) == 8


@pytest.mark.slow
def test_ten_thousand_names_stay_linear(effort: Callable[[Callable[[], object]], int]) -> None:
    def calls(count: int) -> int:
        names = tuple(f"host{number}.example.org" for number in range(count))
        answers = replace(NAMED, domains=Domains(names))
        first = propose_main_cf(b"mydestination = $myhostname\n", answers, FACTS)
        more = replace(answers, domains=Domains((*names[: count // 2], "new.example.org")))
        return effort(lambda: propose_main_cf(first.text, more, FACTS))

    assert calls(10_000) < 10 * calls(1_000)


def test_a_file_that_is_set_up_needs_no_jinja(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("set-up") / "main.cf"
    path.write_bytes(propose_main_cf(b"", NAMED, FACTS).text)
    program = (
        "import pathlib, sys\n"
        "from wizard.answers.model import *\n"
        "from wizard.host.facts import Postfix\n"
        "from wizard.postfix.main_policy import propose_main_cf\n"
        "a = Answers(Hostname('mail.example.org', 'example.org'),\n"
        "    Domains(('example.org', 'shop.example.org')),\n"
        "    Networks(('192.168.7.0/24', '127.0.0.0/8')), Certificate(name='example.org'))\n"
        "p = propose_main_cf(pathlib.Path(sys.argv[1]).read_bytes(), a,\n"
        "    Postfix(None, '3.5.25', 'hash'))\n"
        "assert p.changed == (), p.changed\n"
        "assert 'jinja2' not in sys.modules\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program, str(path)], check=True, env=environment)


@pytest.mark.parametrize(
    ("text", "items"),
    [
        (b"a = \v x,\n\f y\n", ("x", "\f", "y")),
        (b"a =\n\v\n\f x\v y \v\n", ("x\v", "y")),
        (b"a =\v\n \vx, y\v\0 z\n w\n", ("x", "y")),
        (b"a = \v\n", ()),
    ],
)
def test_white_space_around_a_value_is_no_item_of_it(text: bytes, items: tuple[str, ...]) -> None:
    """Within it, a vertical tab and a form feed belong to an item; `value` has the same ones."""
    main = MainCf.parse(text)
    entry = main.entry("a")
    assert entry is not None
    assert items_of(main, entry) == items
    assert words(main.value("a") or "") == items
