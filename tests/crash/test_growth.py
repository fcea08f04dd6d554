"""Time grows with the size of the input and not with its square (docs/performance.md).

Operations are counted at two sizes, since a clock says little on a busy machine. An input that is
ten times as large may cost at most fifteen times as much.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from tests.factories import ROOT, ZEKE
from wizard.answers import toml
from wizard.answers.build import build_answers, to_values
from wizard.answers.model import SECTIONS, Answers
from wizard.answers.toml import format_answers, parse_answers, parse_stored
from wizard.certificates.x509 import read_certificate
from wizard.dns.named_conf import read_zones
from wizard.dns.zone import ZoneFault
from wizard.dns.zone_edits import Wanted, edit
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.dovecot import includes_of, reader
from wizard.host.facts import Postfix
from wizard.host.main_cf import expanded, own_parameters
from wizard.host.postfix import BEGIN, END
from wizard.host.read import read_host
from wizard.paths import ALIASES
from wizard.plan.diff import hunks
from wizard.postfix.aliases import propose_aliases
from wizard.postfix.items import words
from wizard.postfix.main_cf import MainCf, comment_out, remove
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.proposal import Reason
from wizard.postfix.restrictions import change, split_restrictions, wanted
from wizard.postfix.sender_access import propose_sender_access
from wizard.postfix.served import without_options
from wizard.postfix.settings import Settings
from wizard.secrets import masked_bytes, seal, seal_passwords
from wizard.sections.registry import NEEDS

FACTOR = 15


def lines_run(work: Callable[[], object]) -> int:
    """Count the lines of Python that `work` executes."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def networks(number: int) -> Callable[[], object]:
    values = dict(to_values(ZEKE))
    items = [f"10.{n >> 8}.{n & 255}.0/24" for n in range(number)]
    values["networks"] = {**values["networks"], "mynetworks": items}

    def work() -> None:
        assert isinstance(build_answers(values), Answers)

    return work


def changes(number: int) -> Callable[[], object]:
    """Every second line is new and has a reason of its own, as in a zone without MX records."""
    old = b"".join(b"line %d\n%s" % (n, b"same\n" * 9) for n in range(number))
    new = b"".join(b"line %d\nnew %d\n%s" % (n, n, b"same\n" * 9) for n in range(number))
    reasons = [Reason(11 * n + 2, 11 * n + 2, f"reason {n}") for n in range(number)]

    def work() -> None:
        found = hunks(old, new, reasons)
        assert [one.why for one in found] == [(f"reason {n}",) for n in range(number)]

    return work


ZONE = b"@ IN SOA ns.a.example. root.a.example. 7 1h 15m 1w 1m\n\tIN NS ns.a.example.\n"
WANTED = Wanted("a.example", "mail.elsewhere.example", 0)


def zone(number: int) -> Callable[[], object]:
    rows = b"".join(b"h%d IN A 10.0.0.1\n" % n for n in range(number))
    return lambda: edit(ZONE + rows, WANTED)


def delegations(number: int) -> Callable[[], object]:
    """Each name is deep, and a zone cut of its own."""
    rows = b"".join(b"h%d NS ns\n" % n for n in range(number))
    return lambda: edit(ZONE + b"$ORIGIN %sa.example.\n" % (b"x." * 100) + rows, WANTED)


def parentheses(number: int) -> Callable[[], object]:
    def work() -> None:
        with pytest.raises(ZoneFault, match="a parenthesis that nothing closes"):
            edit(ZONE + b"a IN TXT " + b"(" * number, WANTED)

    return work


def restrictions(number: int) -> Callable[[], object]:
    """A live list of blocklists that the answers do not name: all of them go."""
    answers = ZEKE
    listed = [f"reject_rbl_client z{n}.example" for n in range(number)]

    def work() -> None:
        live = split_restrictions(" ".join(("permit_mynetworks", *listed)).split())
        goal = wanted(answers, Postfix(None, "3.5", "hash"))
        assert len(change(live, goal, SECTIONS, "").gone) == number

    return work


def passwords(number: int) -> Callable[[], object]:
    text = b"".join(b"[a%d.example] user:secret%d\n" % (n, n) for n in range(number))
    return lambda: seal_passwords(text)


def blocklist_keys(number: int) -> Callable[[], object]:
    text = b"".join(b"k%d.zen.dq.spamhaus.net\n" % n for n in range(number))
    return lambda: seal(text)


def insertions(number: int) -> Callable[[], object]:
    """Every second line is new, between lines that are all different."""
    old = [b"line %d\n" % n for n in range(number)]
    new = b"".join(b"%snew %d\n" % (line, n) for n, line in enumerate(old))
    return lambda: hunks(b"".join(old), new)


def wrong_networks(number: int) -> Callable[[], object]:
    """Each is told with its line."""
    items = "".join(f'  "x{n}",\n' for n in range(number))
    text = (ROOT / "examples/zeke.toml").read_text(encoding="utf-8")
    wrong = text.replace("mynetworks = [", f"mynetworks = [\n{items}")
    return lambda: parse_answers(wrong)


def aliases_rows(number: int) -> Callable[[], object]:
    text = b"".join(b"a%d: b\n" % n for n in range(number))
    return lambda: propose_aliases(text, "taro")


def quoted_aliases(number: int) -> Callable[[], object]:
    text = b"".join(b'"a%d": "b"\n' % n for n in range(number))
    return lambda: propose_aliases(text, "taro")


def alias_examples(number: int) -> Callable[[], object]:
    """Each example would take the line that follows it."""
    return lambda: propose_aliases(b"#root: x\n b\n" * number, "taro")


def readers(number: int) -> Callable[[], object]:
    return lambda: propose_aliases(b"root: " + b"/b,\n " * number, "taro")


def escaped_names(number: int) -> Callable[[], object]:
    rows = b"".join(b"\\h%d MX 1 \\m\n" % n for n in range(number))
    return lambda: edit(ZONE + rows, WANTED)


def one_option(number: int) -> Callable[[], object]:
    text = b"smtps inet n - n - - smtpd\n" + b"  -o smtpd_tls_dkey_file=a\n" * number

    def work() -> None:
        cf, _, _ = without_options(MasterCf.parse(text), ())
        assert bytes(cf).count(b"\n") == 1

    return work


def services(number: int) -> Callable[[], object]:
    """Each is looked at for options of its own."""
    rows = (b"127.0.%d.%d:smtp inet n - n - - smtpd\n" % (n >> 8, n & 255) for n in range(number))
    text = b"".join(rows)
    return lambda: without_options(MasterCf.parse(text), ())


def folded_value(number: int) -> Callable[[], object]:
    text = b"a = b\nsmtpd_tls_dkey_file = a\n" + b" b\n" * number

    def work() -> None:
        assert (
            bytes(comment_out(MainCf.parse(text), "smtpd_tls_dkey_file", "")).count(b"#") > number
        )
        assert bytes(remove(MainCf.parse(text), "smtpd_tls_dkey_file", "")) == b"a = b\n"

    return work


def own_senders(number: int) -> Callable[[], object]:
    """All of them go."""
    answers = ZEKE
    rows = b"".join(b"s%d@example.net OK\n" % n for n in range(number))
    text = b"%s\n%s%s\n" % (BEGIN.encode(), rows, END.encode())

    def work() -> None:
        proposal = propose_sender_access(text, answers)
        assert len(tuple(hunks(text, proposal.text, proposal.reasons)[0].lines)) == number + 2

    return work


def gaps(number: int) -> Callable[[], object]:
    """Between two lines that stand in both, all lines are alike and in another order."""
    old, new = (
        b"".join(b"anchor %d\n%s" % (n, pair * 30) for n in range(number))
        for pair in (b"a\na\nb\n", b"b\na\nb\n")
    )
    return lambda: hunks(old, new)


INPUTS = {
    "wrong networks": wrong_networks,
    "aliases": aliases_rows,
    "quoted aliases": quoted_aliases,
    "examples of aliases": alias_examples,
    "readers of one alias": readers,
    "escaped names": escaped_names,
    "one option": one_option,
    "services": services,
    "folded value": folded_value,
    "own senders": own_senders,
    "gaps": gaps,
    "networks": networks,
    "changes with reasons": changes,
    "zone": zone,
    "deep zone cuts": delegations,
    "parentheses": parentheses,
    "restrictions": restrictions,
    "passwords": passwords,
    "blocklist keys": blocklist_keys,
    "insertions": insertions,
}


@pytest.mark.promise(45)
@pytest.mark.parametrize("name", INPUTS)
def test_ten_times_as_much_costs_ten_times_as_much(name: str) -> None:
    small, large = (lines_run(INPUTS[name](size)) for size in (100, 1000))
    assert large < FACTOR * small


@pytest.mark.promise(45)
@pytest.mark.parametrize(
    "text",
    [
        "/*" * 200_000,
        '"\\' * 200_000,
        "{" * 400_000,
        'include "/etc/named.conf";\n' * 5_000,
        'include "/etc/other";\n' * 5_000,
        'zone "a" { file "' * 25_000,
    ],
    ids=["comments", "quotes", "blocks", "itself", "another", "zones"],
)
def test_a_hostile_named_conf_is_read_in_steps_that_its_size_limits(text: str) -> None:
    other = 'zone "a" { type master; file "a"; };\n' * 5_000
    files = {"/etc/named.conf": text, "/etc/other": other}
    assert lines_run(lambda: read_zones("/etc/named.conf", files.get)) < 25 * (
        len(text) + len(other)
    )


@pytest.mark.promise(45)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("".join(f"[t{n}]\n" for n in range(100_000)), "has 100000 tables"),
        ("[[a]]\n" * 100_000, "has 100000 tables"),
        ("".join(f"k{n} = 1\n" for n in range(100_000)), "has 100000 keys"),
        ("".join(f'"k{n}"=1\n' for n in range(2_000)), "has 2000 keys"),
        ("#\n" * 500_000, "has 500000 lines"),
        ("a = [" + "1," * 400_000 + "]", "has 400000 commas"),
        ("a = [" + "{a=1}," * 2_000 + "]", "has 2000 braces"),
    ],
)
def test_answers_that_nobody_has_are_refused_before_they_are_parsed(text: str, said: str) -> None:
    (problem,) = parse_answers(text)  # type: ignore[misc]
    assert problem.message.startswith(said)


@pytest.mark.promise(45)
def test_an_unchanged_file_is_not_split_into_lines() -> None:
    text = b"".join(b"s%d OK\n" % n for n in range(1_000))
    assert lines_run(lambda: hunks(text, bytes(bytearray(text)))) < 10


def test_ten_thousand_senders_are_no_mistake() -> None:
    text = (ROOT / "examples/zeke.toml").read_text(encoding="utf-8")
    senders = "".join(f'  "s{n}@example.net", # n = {n}\n' for n in range(10_000))
    assert (
        toml._too_many(text.replace("allow_senders = []", f"allow_senders = [\n{senders}]")) == ""
    )


@pytest.mark.promise(45)
@pytest.mark.parametrize("name", ["main.cf", "master.cf", "sasl_passwd", "main.cf.orig"])
@pytest.mark.parametrize("line", ["a = b\n", "#a =\n", "#\n", "\n"])
def test_a_file_of_postfix_that_nobody_has_is_refused(tmp_path: Path, name: str, line: str) -> None:
    (tmp_path / "etc/postfix").mkdir(parents=True)
    for each in ("main.cf", "master.cf"):
        (tmp_path / "etc/postfix" / each).write_text("# empty\n")
    (tmp_path / "etc/postfix" / name).write_text(line * 12_001)
    with pytest.raises(Trouble, match="it has 12001 lines, and the wizard edits at most 12000"):
        read_host(Door(tmp_path), NEEDS)


@pytest.mark.promise(45)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "mydestination = " + "a, " * 12_001,
            "mydestination has 12001 words, and the wizard edits at most 12000",
        ),
        (
            "relayhost = a.example\n" * 10_000,
            "relayhost is set 10000 times, and the wizard edits at most 100",
        ),
        (
            "".join(f"a{n}=\n" for n in range(3_001)),
            "it sets 3001 parameters, and the wizard edits at most 3000",
        ),
    ],
    ids=["words", "times", "parameters"],
)
def test_a_parameter_that_nobody_has_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "etc/postfix").mkdir(parents=True)
    (tmp_path / "etc/postfix/main.cf").write_text(text)
    with pytest.raises(Trouble, match=said):
        read_host(Door(tmp_path), NEEDS)


@pytest.mark.promise(45)
def test_aliases_that_nobody_has_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    for text, has in (("a: b\n" * 50_001, "50001 lines"), ("a: " + "b," * 50_001, "50001 commas")):
        (tmp_path / "etc/aliases").write_text(text)
        found = read_host(Door(tmp_path), NEEDS).files[ALIASES]
        assert found.live is None
        assert found.why == f"it has {has}, and the wizard edits at most 50000"


@pytest.mark.promise(45)
def test_senders_that_nobody_has_are_refused(tmp_path: Path) -> None:
    (tmp_path / "etc/postfix").mkdir(parents=True)
    (tmp_path / "etc/postfix/sender_access").write_text("a\n" * 1_010_001)
    said = "it has 1010001 lines, and the wizard edits at most 1010000"
    with pytest.raises(Trouble, match=said):
        read_host(Door(tmp_path), NEEDS)


@pytest.mark.promise(45)
@pytest.mark.parametrize("number", [10_000, 10_001])
def test_what_the_answers_own_of_the_senders_is_what_answers_can_have(
    tmp_path: Path, number: int
) -> None:
    """Else the answers of a plan could not be read again when its run proves the result."""
    rows = "".join(f"s{n}.example\tREJECT\n" for n in range(number))
    postfix = tmp_path / "etc/postfix"
    postfix.mkdir(parents=True)
    (postfix / "sender_access").write_text(f"mine.example OK\n{BEGIN}\n{rows}{END}\n")
    if number > 10_000:
        with pytest.raises(Trouble, match="10001 of its rows are from the answers"):
            read_host(Door(tmp_path), NEEDS)
        return
    read_host(Door(tmp_path), NEEDS)
    answers = ZEKE
    # An older program allowed more, and its runs are resumed.
    senders = tuple(f"s{n}.example" for n in range(3 * number))
    many = replace(answers, blocklists=replace(answers.blocklists, reject_senders=senders))
    assert parse_stored(format_answers(many)) == many


@pytest.mark.promise(45)
def test_a_zone_that_nobody_has_is_refused() -> None:
    deep = b"$ORIGIN %sa.example.\n" % (b"x." * 100)
    rows = b"".join(b"h%d A 10.0.0.1\n" % n for n in range(5_000))
    with pytest.raises(ZoneFault, match="its names have more than 500000 labels together"):
        edit(ZONE + deep + rows, WANTED)
    rows = b"".join(b"h%d A 10.0.0.1\n" % n for n in range(52_001))
    with pytest.raises(ZoneFault, match="52001 names of it would change, and at most 52000"):
        edit(ZONE + rows, WANTED)


@pytest.mark.promise(45)
@pytest.mark.parametrize("number", [1, 8, 8_000])
def test_parameters_that_name_each_other_do_not_grow_without_limit(number: int) -> None:
    """Each level would multiply the text by their number."""
    settings = Settings({"a": "$b " * number, "b": "${a} " * number + "end"})
    assert len(settings.value("a")) < 3 << 20


def test_a_list_that_names_a_list_of_ten_thousand_names_has_them() -> None:
    names = tuple(f"name-{n}.a-long-domain.example" for n in range(10_000))
    settings = Settings({"relay_domains": "$mydestination", "mydestination": ", ".join(names)})
    assert settings.words("relay_domains") == names


@pytest.mark.promise(45)
@pytest.mark.time_limit(60)
@pytest.mark.parametrize(
    "text",
    [
        "\n",
        "a =\x0b b",
        "-----BEGIN CERTIFICATE-----\n",
        "#",
        "a ",
        " ",
        "root:\n",
        '"\\',
        "/*\n",
        "{ ",
    ],
)
def test_no_pattern_tries_the_same_bytes_again_and_again(text: str) -> None:
    """Work within one pattern is no line of Python that could be counted; the test must end."""
    whole = (text * 400_000)[:400_000]
    data = f"smtpd_recipient_restrictions = a b {whole}".encode()
    own_parameters(data)
    main = MainCf.parse(data)
    for entry in main.entries:
        words(main, entry)
    read_certificate(data)
    seal_passwords(data)
    seal_passwords(b"#" + data)
    includes_of(whole)
    reader("", whole)
    read_zones("/etc/named.conf", {"/etc/named.conf": whole}.get)


@pytest.mark.promise(24)
def test_a_long_line_costs_what_reading_costs() -> None:
    data = b"a" * 10_000_000 + b".dq.spamhaus.net"
    assert masked_bytes(data) == data


def test_a_value_that_would_grow_without_limit_is_not_expanded() -> None:
    assert expanded("$a/$a", {"a": "b"}.__getitem__) == "b/b"
    text = "$a" * 100_000
    assert expanded(text, lambda _: "b" * 1000) == text


@pytest.mark.promise(45)
@pytest.mark.parametrize(
    "text",
    ["".join(f"s{n} inet n - n - - smtpd\n" for n in range(2501)), "smtp" + " -o a=b" * 10_001],
    ids=["services", "options"],
)
def test_a_master_cf_that_nobody_has_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "etc/postfix").mkdir(parents=True)
    (tmp_path / "etc/postfix/master.cf").write_text(text)
    with pytest.raises(Trouble, match=r"it has 200.* words, and the wizard edits at most 20000"):
        read_host(Door(tmp_path), NEEDS)


@pytest.mark.promise(39)
def test_a_file_that_is_too_large_is_not_read_at_all(tmp_path: Path) -> None:
    with (tmp_path / "hosts").open("wb") as file:
        file.truncate(1 << 40)
    tracemalloc.start()
    with pytest.raises(Trouble, match="it is larger than 67108864 bytes"):
        Door(tmp_path).read_bytes("/hosts")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20
