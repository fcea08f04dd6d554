"""Zone files edited: without loss, by what the seed writes, and with dnspython as the judge."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import dns.rdataclass
import dns.rdatatype
import dns.zone
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wizard.dns.zone import Zone, ZoneFault
from wizard.dns.zone_edits import Wanted, edit, names_with_mx
from wizard.dns.zone_records import next_serial, read_records

SEED = (Path(__file__).parents[3] / "scripts/lab/tree/var/named/zeke.ne.jp.zone").read_bytes()
MX_LINE = b"\tIN MX\t10 mail.zeke.ne.jp.\n"
BARE = SEED.replace(MX_LINE, b"")
NOW = 1795521600
"""24 November 2026, noon UTC."""

HEAD = b"@ IN SOA ns.example.com. root.example.com. 7 1h 15m 1w 1m\n\tIN NS ns.example.com.\n"


def wanted(**other: Any) -> Wanted:
    return Wanted("zeke.ne.jp", "mail.zeke.ne.jp", NOW, **other)


def example(body: bytes, mail_host: str = "mx.elsewhere.example") -> bytes:
    """Return the body after the edit, in a zone example.com with $TTL 60."""
    head = b"$TTL 60\n" + HEAD
    after = edit(head + body, Wanted("example.com", mail_host, NOW)).text
    return after[len(head) :]


Rows = set[tuple[str, int, str, str]]


def told(text: bytes, origin: str) -> Rows:
    """All records but the SOA, as dnspython reads them."""
    # dnspython takes a carriage return for a letter; BIND and we take it for part of the line end.
    lines = text.decode("latin-1").replace("\r\n", "\n")
    zone = dns.zone.from_text(lines, origin, relativize=False)
    return {
        (name.to_text().lower(), ttl, dns.rdatatype.to_text(data.rdtype), data.to_text())
        for name, ttl, data in zone.iterate_rdatas()
        if data.rdtype != dns.rdatatype.SOA
    }


def test_the_seeds_zone_gets_the_lines_that_the_seed_has() -> None:
    after = edit(BARE, wanted())
    assert after.text == SEED.replace(b"2024021901", b"2026112401")
    assert after.added == tuple(
        f"{label}zeke.ne.jp"
        for label in ("", "ns.", "joeker.", "mail.", "cafe.", "myhome.", "ace.")
    )
    assert after.serial == 2026112401


def test_a_whole_zone_stays_as_it_is() -> None:
    assert edit(SEED, wanted()).text == SEED
    once = edit(BARE, wanted()).text
    assert edit(once, wanted()).text == once


def test_each_reason_names_the_line_that_it_is_for() -> None:
    after = edit(BARE, wanted())
    lines = after.text.splitlines()
    said = {why: lines[first - 1 : last] for first, last, why in after.reasons}
    assert next(rows for why, rows in said.items() if why.startswith("cafe.")) == [
        MX_LINE.rstrip(b"\n")
    ]
    assert [b"2026112401" in rows[0] for why, rows in said.items() if "Raised" in why] == [True]


@pytest.mark.parametrize(
    ("line", "following"),
    [
        (b"a\tIN A\t192.0.2.1\n", b"\tIN MX\t10 mx.elsewhere.example.\n"),
        (b"a\t\tIN\tA\t192.0.2.1\n", b"\t\tIN\tMX\t10 mx.elsewhere.example.\n"),
        (b"a       IN A     192.0.2.1\n", b"        IN MX    10 mx.elsewhere.example.\n"),
        (b"a A 192.0.2.1\n", b"  MX 10 mx.elsewhere.example.\n"),
        (b"a 300 IN A 192.0.2.1 ; here\n", b"      IN MX 10 mx.elsewhere.example.\n"),
        (b"a in 1h a 192.0.2.1\n", b"  in mx   10 mx.elsewhere.example.\n"),
        (b"a\tIN A\t192.0.2.1\r\n", b"\tIN MX\t10 mx.elsewhere.example.\r\n"),
        (b"a IN A ( 192.0.2.1 ; so\n )\n", b"\tIN MX\t10 mx.elsewhere.example.\n"),
        (b"a ( IN\n A 192.0.2.1 )\n", b"\tIN MX\t10 mx.elsewhere.example.\n"),
        (b"a\tIN A\t192.0.2.1\n\tIN AAAA\t::1\n", b"\tIN MX\t10 mx.elsewhere.example.\n"),
        (b"a.really.long.name\tIN A\t192.0.2.1\n", b"\t\t\tIN MX\t10 mx.elsewhere.example.\n"),
    ],
)
def test_a_line_is_written_as_its_neighbour_is(line: bytes, following: bytes) -> None:
    assert example(line) == line + following


def test_a_last_line_without_an_end_gets_none() -> None:
    assert example(b"a\tIN A\t192.0.2.1") == (
        b"a\tIN A\t192.0.2.1\n\tIN MX\t10 mx.elsewhere.example."
    )


@pytest.mark.parametrize(
    "body",
    [
        b"* IN A 192.0.2.1\n",
        b"*.sub IN A 192.0.2.1\n",
        b"www IN CNAME a.example.org.\n",
        b"a IN A 192.0.2.1\n IN MX 0 .\n",
        b"$ORIGIN sub.example.com.\na IN MX 5 x\n$ORIGIN com.\na.sub.example IN A 192.0.2.1\n",
        b"sub IN NS ns.sub\nns.sub IN A 192.0.2.1\n",
        b"sub IN NS sub\nsub IN A 192.0.2.1\n",
        b"old IN DNAME new.example.org.\nbelow.old IN A 192.0.2.1\n",
        b"elsewhere.example.org. IN A 192.0.2.1\n",
        b"gc._msdcs IN A 192.0.2.1\n",
        b"six IN AAAA ::1\n",
        b"\n; a IN A 192.0.2.1\n",
        b't IN TXT "a IN A 192.0.2.1; \\" (" ; "\n',
    ],
)
def test_what_needs_no_mx_is_left_alone(body: bytes) -> None:
    assert example(body) == body


def test_a_name_is_one_however_it_is_written() -> None:
    body = b"\\097 IN A 192.0.2.1\nb IN A 192.0.2.2\nA.EXAMPLE.com. IN MX 5 x\nB IN A 192.0.2.3\n"
    assert example(body) == body + b"  IN MX 10 mx.elsewhere.example.\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("2024021901", "2026112401"),
        ("2026112401", "2026112402"),
        ("2026112499", "2026112500"),
        ("2031010107", "2031010108"),
        ("1", "2"),
        ("0", "1"),
        ("0041", "0042"),
        ("2024139901", "2024139902"),
        ("1708300000", "1708300001"),
        ("4294967295", "1"),
    ],
)
def test_a_serial_follows_in_the_style_it_has(before: str, after: str) -> None:
    assert next_serial(before, NOW) == after


@given(st.integers(0, 2**32 - 1), st.integers(0, 4_000_000_000))
def test_a_serial_never_goes_back(before: int, now: int) -> None:
    after = int(next_serial(str(before), now))
    assert after <= 2**32 - 1
    assert 0 < (after - before) % 2**32 < 2**31  # RFC 1982, section 3.2


@pytest.mark.parametrize("bad", ["", "x", "-1", "4294967296", "1h", "\uff11"])
def test_what_is_no_serial_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="no serial"):
        next_serial(bad, NOW)


def test_addresses_move_only_when_asked() -> None:
    after = edit(SEED, wanted(move_from="192.168.1.1", move_to="203.0.113.7"))
    assert b"192.168.1.1\n" not in after.text
    assert after.moved == tuple(
        f"{label}zeke.ne.jp" for label in ("", "ns.", "joeker.", "mail.", "ace.")
    )
    assert after.text == SEED.replace(b"192.168.1.1\n", b"203.0.113.7\n").replace(
        b"2024021901", b"2026112401"
    )


def test_glue_does_not_move() -> None:
    text = b"$TTL 60\n" + HEAD + b"sub IN NS ns.sub\nns.sub IN A 192.0.2.1\n"
    asked = Wanted("example.com", "x.example.org", NOW, "192.0.2.1", "192.0.2.9")
    assert edit(text, asked).text == text


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "no SOA"),
        (b"a IN A 192.0.2.1\n", "no SOA"),
        (HEAD + HEAD, "2 SOA"),
        (HEAD.replace(b" 7 ", b" 4294967296 "), "no serial"),
        (HEAD.replace(b" 7 ", b" x "), "no serial"),
        (HEAD.replace(b" 7 ", b" "), "7 fields, this one has 6"),
        (HEAD + b"a IN RRSIG A 5 3 60 x\n", r"line 3: the zone is signed \(DNSSEC, RRSIG\)"),
        (HEAD + b"@ IN DNSKEY 256 3 8 x\n", "signed"),
        (HEAD + b"$INCLUDE other.zone\n", r"line 3: \$INCLUDE is left alone"),
        (HEAD + b"$GENERATE 1-9 h$ A 10.0.0.$\n", r"line 3: \$GENERATE is left alone"),
        (HEAD + b"$FOO\n", r"\$FOO is not understood"),
        (HEAD + b"a IN A 192.0.2.1 (\n\n", "line 3: a parenthesis that nothing closes"),
        (HEAD + b")\n", "nothing opened"),
        (HEAD + b'a IN TXT "x\n', "quotation mark"),
        (HEAD + b"a\\\n", "backslash"),
        (HEAD + b"a IN A 192.0.2.1\x00\n", "line 3: a control character"),
        (HEAD + b"; \x1b[2J\n", "control character"),
        (HEAD + b"a IN A\rb IN A 192.0.2.1\n", "control character"),
        (HEAD + b"a IN A 192.0.2\n", "no IPv4 address"),
        (HEAD + b"a IN A 192.0.2.1 192.0.2.2\n", "1 field"),
        (HEAD + b"a IN\n", "no record type"),
        (HEAD + b"a CH A 192.0.2.1\n", "class is CH"),
        (HEAD + b"a TYPE1 \\# 4 C0000201\n", "line 3: its A record has the general form"),
        (HEAD + b"@ type257 \\# 8 000569737375650A\n", "its CAA record has the general form"),
        (HEAD + b"a IN MX \\# 4 000A0161\n", "its MX record has the general form"),
        (HEAD + b"\xc3\xa4 IN A 192.0.2.1\n", "is no name"),
        (HEAD + b"a..b IN A 192.0.2.1\n", "is no name"),
        (HEAD + b"a" * 64 + b" IN A 192.0.2.1\n", "is no name"),
        (b" IN A 192.0.2.1\n" + HEAD, "without an owner"),
    ],
)
def test_a_zone_that_cannot_be_edited_says_why(text: bytes, says: str) -> None:
    with pytest.raises(ZoneFault, match=says):
        edit(text, Wanted("example.com", "mail.example.org", NOW))


def test_types_and_the_class_by_number() -> None:
    """RFC 3597: of a type that no edit depends on, the number is enough."""
    zone = Zone.parse(HEAD + b"a CLASS1 A 192.0.2.1\na TYPE65 \\# 3 000100\n")
    found = read_records(zone, "example.com").all
    assert [one.kind for one in found][-2:] == ["A", "TYPE65"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"a IN A 192.0.2.1\n", "mail.example.com has no A record"),
        (b"a IN A 192.0.2.1\nmail IN CNAME a\n", "is a CNAME"),
    ],
)
def test_mail_is_not_led_to_where_nothing_is(body: bytes, says: str) -> None:
    with pytest.raises(ZoneFault, match=says):
        example(body, "mail.example.com")


def test_mail_may_be_led_into_a_delegated_zone() -> None:
    body = b"sub IN NS ns.example.net.\na IN A 192.0.2.1\n"
    assert b"MX 10 mail.sub.example.com." in example(body, "mail.sub.example.com")


def test_the_names_whose_mail_comes_here() -> None:
    assert names_with_mx(SEED, "zeke.ne.jp", "mail.zeke.ne.jp")[:2] == (
        "zeke.ne.jp",
        "ns.zeke.ne.jp",
    )
    text = HEAD + b"a MX 5 Mail\nb MX 5 other\n* MX 5 mail\n$ORIGIN x.example.com.\nc MX 5 mail\n"
    assert names_with_mx(text, "example.com", "mail.example.com") == ("a.example.com",)
    assert edit(SEED, wanted()).addresses[4] == ("cafe.zeke.ne.jp", "192.168.1.2")


def test_a_large_zone_is_read_in_seconds() -> None:
    rows = b"".join(b"h%d IN A 10.%d.%d.1\n" % (n, n // 250, n % 250) for n in range(10_000))
    began = time.monotonic()
    after = edit(b"$TTL 60\n" + HEAD + rows, Wanted("example.com", "x.example.org", NOW))
    assert len(after.added) == 10_000
    assert time.monotonic() - began < 10


@pytest.mark.promise(13)
@given(st.binary(max_size=300))
def test_any_bytes_are_printed_as_they_were(text: bytes) -> None:
    assert bytes(Zone.parse(text)) == text


_NAMES = st.sampled_from([b"a", b"b", b"c.d", b"@", b"", b"A", b"b.example.com.", b"*", b"\\097"])
_BLANKS = st.sampled_from([b" ", b"\t", b"  \t", b"\t\t", b" ( ", b" (\n "])
_CLASSES = st.sampled_from([b"", b"IN ", b"300 ", b"IN 5m ", b"300\tin\t"])
_DATA = st.sampled_from(
    [
        b"A\t192.0.2.1",
        b"A 192.0.2.1",
        b"a  192.0.2.2",
        b"AAAA 2001:db8::1",
        b"MX 5 mail",
        b'TXT "; ( \\" )" x',
    ]
)
_ENDS = st.sampled_from([b"\n", b"\r\n", b" ; so\n", b"\n\n", b"\n;\n"])


@st.composite
def _lines(draw: st.DrawFn) -> bytes:
    blank = draw(_BLANKS)
    close = b" )" if b"(" in blank else b""
    return draw(_NAMES) + blank + draw(_CLASSES) + draw(_DATA) + close + draw(_ENDS)


@pytest.mark.promise(13)
@settings(max_examples=300)
@given(
    st.lists(
        st.one_of(
            _lines(),
            st.sampled_from(
                [b"$TTL 1h\n", b"$ORIGIN sub.example.com.\n", b"$ORIGIN example.com.\n"]
            ),
        ),
        max_size=12,
    ),
    st.booleans(),
)
def test_records_afterwards_are_those_before_and_the_mx(lines: list[bytes], ttl: bool) -> None:
    text = (b"$TTL 60\n" if ttl else b"") + HEAD + b"".join(lines)
    before = told(text, "example.com")
    after = edit(text, Wanted("example.com", "mail.example.org", NOW))
    assert bytes(Zone.parse(after.text)) == after.text
    rows = told(after.text, "example.com")
    new = {(f"{name}.", "MX", "10 mail.example.org.") for name in after.added}
    assert before <= rows
    assert {(name, kind, data) for name, _, kind, data in rows - before} == new
    has = {kind: {row[0] for row in before if row[2] == kind} for kind in ("A", "MX")}
    assert {name for name, _, _ in new} == {
        name for name in has["A"] - has["MX"] if not name.startswith("*")
    }
    assert after.serial == (8 if after.added else 7)
