"""What main.cf alone tells of its Postfix."""

from __future__ import annotations

import pytest

from wizard.host.facts import Distribution
from wizard.host.main_cf import likely_database_type, likely_version, own_parameters, words
from wizard.postfix.main_cf import MainCf

EL9 = Distribution("rhel", ("fedora",), "", "9.4", is_el=True)
EL10 = Distribution("rhel", ("fedora",), "", "10.0", is_el=True)
OTHER = Distribution("debian", (), "", "12", is_el=False)


def test_parameters_are_unfolded_and_the_last_one_counts() -> None:
    assert own_parameters(
        b"# comment\n a line that continues nothing = lost\n"
        b"mydestination = $myhostname,\n# between\n\n\tlocalhost,\n  zeke.ne.jp\n"
        b"a=1\na = 2 \nempty =\nno equals sign\nlatin = \xe9\n"
    ) == {
        "mydestination": "$myhostname, localhost, zeke.ne.jp",
        "a": "2",
        "empty": "",
        "latin": "\udce9",
    }


VALUES = {
    "several blanks": (b" = a  b   c\n", "a b c"),
    "several blanks in braces": (b" = {a  b}\n", "{a b}"),
    "a tab": (b" = a\tb\n\t c\n", "a b c"),
    "a form feed": (b" = a\x0cb\n", "a\x0cb"),
    "a form feed at the end": (b" = a \x0c\n", "a"),
    "a line that begins with a form feed": (b" = a\n\x0c b\n", "a\x0c b"),
    "NEL": (b" = a\xc2\x85b\n", "a\x85b"),
    "a blank that is none": (b" = \xc2\xa0a\n", "\xa0a"),
    "a separator of files": (b" = 1\x1c2\n", "1\x1c2"),
    "what no comment is": (b" = 1\n \x1f# c\n", "1 \x1f# c"),
    "NUL": (b" = a\x00b\n c\n", "a"),
    "CR LF": (b" =  a \r\n  b\r\n", "a b"),
    "a name alone": (b"\n = a\n", "a"),
}
"""Text after a name, and its value as `postconf -n` of Postfix 3.7 prints it."""


@pytest.mark.parametrize(("text", "value"), VALUES.values(), ids=VALUES)
def test_a_value_is_read_as_postconf_reads_it(text: bytes, value: str) -> None:
    """And as the editor of the same file reads it."""
    assert own_parameters(b"smtpd_banner" + text) == {"smtpd_banner": value}
    assert MainCf.parse(b"smtpd_banner" + text).value("smtpd_banner") == value


@pytest.mark.parametrize("text", [b" a = 1\n", b"\x0ba = 1\n", b"# c\n a = 1\n", b"a b = 1\n"])
def test_what_postfix_skips_is_no_parameter(text: bytes) -> None:
    assert own_parameters(text) == {}


@pytest.mark.parametrize(
    ("text", "distribution", "version", "kind"),
    [
        (b"compatibility_level = 2\n", EL9, "3.5", "hash"),
        (b"compatibility_level = 3.8\ndefault_database_type = lmdb\n", EL10, "3.8", "lmdb"),
        (b"compatibility_level = 3.8\n", OTHER, "3.8", "lmdb"),
        (b"", EL10, "3.8", "lmdb"),
        (b"default_database_type = cdb\n", EL9, "3.5", "cdb"),
        (b"", OTHER, "", "hash"),
    ],
)
def test_version_and_database_type(
    text: bytes, distribution: Distribution, version: str, kind: str
) -> None:
    parameters = own_parameters(text)
    assert likely_version(parameters, distribution) == version
    assert likely_database_type(parameters, version) == kind


def test_ten_is_more_than_eight() -> None:
    assert likely_database_type({}, "3.10.13") == "lmdb"


def test_only_blanks_and_commas_part_the_items_of_a_list() -> None:
    assert words("a\vb,c\fd\re\t{f, g}") == ("a\vb", "c\fd", "e", "{f, g}")
