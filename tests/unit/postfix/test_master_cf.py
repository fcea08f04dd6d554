"""master.cf: any bytes survive, entries are read as master reads them, prose stays prose."""

from __future__ import annotations

from typing import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wizard.answers.model import Answers
from wizard.host.facts import Postfix
from wizard.postfix.master_cf import MasterCf, option_text
from wizard.postfix.parameters import needs
from wizard.postfix.restrictions import refuses_logins
from wizard.postfix.services import propose_master_cf

FACTS = Postfix(None, "3.8.5", "lmdb")
PIECES = [
    *("submission", "smtps", "465", "127.0.0.1:587", " inet ", "n - n - - ", "smtpd", "\n", "\r\n"),
    *("#submission inet n - n - - smtpd\n", "#smtps inet n - n - - smtpd\n", "pickup unix "),
    *("  -o ", "#  -o ", "smtpd_sasl_auth_enable=", "yes", "\n#     prose\n", "{ a = b }", "\0"),
    *("\nsubmission inet n - n - - smtpd\n", "\n465 inet n - n - - smtpd -v\n", "\udcff", "\n\n"),
    *(
        "#  -o smtpd_recipient_restrictions=\n",
        "  -o syslog_name=x\n",
        "-osmtpd_tls_wrappermode=no",
    ),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=30).map(
    lambda pieces: "".join(pieces).encode("utf-8", "surrogateescape")
)


@pytest.mark.promise(13)
@given(st.binary() | TEXTS)
def test_any_bytes_survive(data: bytes) -> None:
    cf = MasterCf.parse(data)
    assert bytes(cf) == data
    assert len(cf.services) >= 0


@pytest.mark.promise(13, 18)
@given(TEXTS)
@example(b"submission inet n - n - - smtpd\n  -o ")
@example(b"submission inet n - n - - smtpd\n  -o\n#  -o smtpd_sasl_auth_enable=no\n  x=y\n")
@example(b"smtps inet n - n - - smtpd -v\0\n  -o x=y\n")
@example(b"#smtps\0 inet n - n - - smtpd\n")
def test_twice_is_once_and_other_entries_stay(answers: Answers, data: bytes) -> None:
    proposal = propose_master_cf(data, answers, FACTS)
    again = propose_master_cf(proposal.text, answers, FACTS)
    assert (again.text, again.changed, again.reasons) == (proposal.text, (), ())
    assert again.expected == proposal.expected
    before, after = MasterCf.parse(data), MasterCf.parse(proposal.text)
    others = [str(one) for one in before.services if one.key not in proposal.changed]
    assert others == [str(one) for one in after.services if one.key not in proposal.changed]


@pytest.mark.promise(21)
@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_nothing_but_options_becomes_an_argument(
    suite: str,
    answers: Answers,
    stock: Callable[[str, str], bytes],
    postfix_of: Callable[[str], Postfix],
) -> None:
    proposal = propose_master_cf(stock(suite, "master.cf"), answers, postfix_of(suite))
    doors = [one for one in MasterCf.parse(proposal.text).services if one.key in proposal.changed]
    assert [one.port for one in doors] == [
        "submission",
        "smtps" if suite == "el9" else "submissions",
    ]
    for door in doors:
        assert door.arguments[0::2] == ("-o",) * 4
        assert len(door.options) == 4
        assert door.lines[0] + 1 < door.end


@pytest.mark.parametrize(
    "name", ["465", "smtps", "submissions", "127.0.0.1:465", "[::]:465", "localhost:smtps"]
)
def test_port_465_is_found_under_any_name(name: str, answers: Answers) -> None:
    live = f"{name} inet n - n - - smtpd\nsubmission inet n - n - - smtpd\n".encode()
    proposal = propose_master_cf(live, answers, FACTS)
    assert proposal.changed == ("submission/inet", f"{name}/inet")
    assert len(MasterCf.parse(proposal.text).services) == 2
    loopback = name.startswith(("127.", "localhost"))
    assert proposal.loopback == ((f"{name}/inet",) if loopback else ())


@pytest.mark.parametrize("name", ["587", "msp", "[::]:msp"])
def test_port_587_is_found_under_any_name(name: str, answers: Answers) -> None:
    live = f"{name} inet n - n - - smtpd\nsmtps inet n - n - - smtpd\n".encode()
    proposal = propose_master_cf(live, answers, FACTS)
    assert proposal.changed == (f"{name}/inet", "smtps/inet")


def test_prose_among_the_arguments_is_reported_and_left(answers: Answers) -> None:
    live = (
        b"submission inet n - n - - smtpd\n  -o syslog_name=postfix/submission\n"
        b"     Instead of prose\n  -o smtpd_sasl_auth_enable=yes\nsmtps inet n - n - - smtpd\n"
    )
    proposal = propose_master_cf(live, answers, FACTS)
    assert proposal.changed == ("smtps/inet",)
    assert proposal.text.startswith(live)
    assert proposal.warnings[0].startswith("master.cf, submission/inet: Instead is no option")


@pytest.mark.parametrize("tail", [" -o\n", " -v\0\n"])
def test_an_entry_that_would_be_misread_is_reported_and_left(tail: str, answers: Answers) -> None:
    live = f"submission inet n - n - - smtpd{tail}smtps inet n - n - - smtpd\n".encode()
    proposal = propose_master_cf(live, answers, FACTS)
    assert proposal.changed == ("smtps/inet",)
    assert "Its options are not all" in proposal.warnings[0]


BRACES: dict[str, tuple[str, dict[str, str], str]] = {
    "over two lines": (
        "  -o { smtpd_client_restrictions =\n   permit_mynetworks, reject }\n",
        {"smtpd_client_restrictions": "permit_mynetworks, reject"},
        "",
    ),
    "over three lines, a comment between": (
        "  -o { a = b\n# theirs\n\tc\n  d }\n -o e=f\n",
        {"a": "b c d", "e": "f"},
        "",
    ),
    "in a value": ("  -o a={b\n   c} -o e=f\n", {"a": "{b c}", "e": "f"}, ""),
    "within braces": (
        "  -o { a = { b inline:{ {c = d} } }, e }\n",
        {"a": "{ b inline:{ {c = d} } }, e"},
        "",
    ),
    "around the -o": ("  {-o} {a=b}\n", {"a": "b"}, ""),
    "around both": ("  {-oa=b}\n -vd\n -o c=d\n", {"a": "b", "c": "d"}, ""),
    "a partner alone": ("  -o a=b}\n -o c=d\n", {"a": "b}", "c": "d"}, ""),
    "behind a word": ("  -o {a=b} {c}\n", {"a": "b"}, "c"),
    "before a word": ("  x\n  -o { a =\n  b }\n", {}, "x"),
}
"""Options, what `postconf -P` prints of them, and the first word that is no option."""


@pytest.mark.parametrize(("options", "values", "stray"), BRACES.values(), ids=BRACES)
def test_braces_are_read_as_postconf_reads_them(
    options: str, values: dict[str, str], stray: str, answers: Answers
) -> None:
    live = f"submission inet n - n - - smtpd\n{options}smtps inet n - n - - smtpd\n".encode()
    before = MasterCf.parse(live)
    assert bytes(before) == live
    service = before.service("submission/inet")
    assert service is not None
    assert (service.values, service.stray, service.broken) == (values, stray, "")
    proposal = propose_master_cf(live, answers, FACTS)
    after = MasterCf.parse(proposal.text).service("submission/inet")
    assert after is not None
    assert after.values.items() >= values.items()
    assert ("smtpd_tls_security_level" in after.values) is not bool(stray)
    assert bool(proposal.warnings) is bool(stray)


def test_an_option_in_braces_over_lines_is_corrected_at_its_place(answers: Answers) -> None:
    live = (
        b"submission inet n - n - - smtpd -v -o { smtpd_tls_security_level =\n"
        b"# theirs\n   may } -o { smtpd_sasl_auth_enable\n   = yes }\nsmtps inet n - n - - smtpd\n"
    )
    after = propose_master_cf(live, answers, FACTS).text
    assert after.startswith(
        b"submission inet n - n - - smtpd -v -o smtpd_tls_security_level=encrypt\n"
        b"# theirs\n   -o { smtpd_sasl_auth_enable\n   = yes }\n"
    )


@pytest.mark.parametrize("options", ["{a=b}c", "{a=b", "{ { a = b }", "{}x"])
def test_braces_that_postfix_refuses_are_named_as_they_are(options: str, answers: Answers) -> None:
    live = f"submission inet n - n - - smtpd -o {options}\nsmtps inet n - n - - smtpd\n".encode()
    proposal = propose_master_cf(live, answers, FACTS)
    assert proposal.changed == ("smtps/inet",)
    assert f"Postfix refuses the braces of {options}" in proposal.warnings[0]


@pytest.mark.promise(13, 17)
def test_without_the_section_policy_every_byte_stays(answers: Answers) -> None:
    assert propose_master_cf(b"x", answers, FACTS, ["limits"]).text == b"x"


@pytest.mark.promise(21)
def test_an_option_is_one_argument() -> None:
    assert option_text("smtpd_tls_wrappermode", "yes") == "smtpd_tls_wrappermode=yes"
    for value in ("a b", "a\tb", "a\n-o x=y", "{a", "a\0", "\x1b"):
        with pytest.raises(ValueError, match=r"not one argument|control character"):
            option_text("syslog_name", value)


def test_a_listener_takes_a_reload_and_an_interface_a_restart() -> None:
    assert needs([]) == "nothing"
    assert needs(["sender_access"]) == "nothing"
    assert needs(["sender_access", "submission/inet"]) == "reload"
    assert needs(["mydomain"]) == "reload"
    assert needs(["mydomain", "inet_protocols"]) == "restart"


@pytest.mark.parametrize("name", ["0587", "192.0.2.1:00587", "msp"])
def test_a_port_in_another_spelling_gets_no_second_entry(answers: Answers, name: str) -> None:
    text = f"{name} inet n - n - - smtpd\n".encode()
    after = MasterCf.parse(propose_master_cf(text, answers, FACTS).text)
    assert [one.name for one in after.services if one.port_number == 587] == [name]


def test_only_blanks_part_the_words_of_an_entry() -> None:
    """Not the other white space that may begin a line; `postconf -P` reads them so, too."""
    (service,) = MasterCf.parse(b"587 inet n - n - - smtpd\n\f-o a=b\n").services
    assert service.command == "smtpd\f-o"
    (service,) = MasterCf.parse(b"587 inet n - n - - smtpd\n -o a=b\v-o\td=e\n").services
    assert (service.values, service.stray) == ({"a": "b\v-o"}, "d=e")
    assert MasterCf.parse(b"587 inet n\v- n - - smtpd\n").malformed == (1,)


@pytest.mark.parametrize(
    ("value", "is_so"),
    [
        ("permit_mynetworks, reject_unauth_destination", True),
        ("permit_tls_clientcerts,defer_unauth_destination", True),
        ("PERMIT_SASL_AUTHENTICATED, Reject", False),
        ("permit_mynetworks, permit", False),
        ("$my_relay", False),
        ("", False),
    ],
)
def test_who_logs_in_is_refused_only_by_a_rule_that_refuses(value: str, is_so: bool) -> None:
    assert refuses_logins(value) == is_so
