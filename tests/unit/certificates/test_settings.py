"""certbot's settings read as certbot reads them, and lines taken out of them."""

from __future__ import annotations

import pytest

from wizard.certificates.settings import Option, options, without

CLI = "/etc/letsencrypt/cli.ini"
CONF = "/etc/letsencrypt/renewal/a.conf"


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("pre-hook = reboot", "pre-hook", "reboot"),
        ("pre-hook: reboot", "pre-hook", "reboot"),
        ("pre-hook reboot now", "pre-hook", "reboot now"),
        ("--pre-hook reboot", "--pre-hook", "reboot"),
        ("  pre-hook='reboot' ; why", "pre-hook", "'reboot' ; why"),
        ("pre-hook", "pre-hook", "true"),
        ("pre-hook =", "pre-hook", ""),
        ("\tpre-hook\t=\treboot", "pre-hook", "reboot"),
        ("pre-hook==reboot", "pre-hook", "=reboot"),
    ],
)
def test_a_line_of_cli_ini(line: str, name: str, value: str) -> None:
    assert options(CLI, line.encode()) == (Option(name, value, 1, 1),)


@pytest.mark.parametrize(
    "line", ["", "  ", "# a = b", "; a = b", "[a]", "[a] b = c", "---", "--- a"]
)
def test_a_line_of_cli_ini_that_says_nothing(line: str) -> None:
    assert options(CLI, f"{line}\na = b\n".encode()) == (Option("a", "b", 2, 2),)


@pytest.mark.parametrize(
    ("text", "name", "value", "lines"),
    [
        ("pre_hook = a", "pre_hook", "a", (1, 1)),
        ("pre_hook=a # why", "pre_hook", "a # why", (1, 1)),
        ('"pre_hook" = a', "pre_hook", "a", (1, 1)),
        ("'pre_hook' = 'a'", "pre_hook", "'a'", (1, 1)),
        ("  pre_hook =", "pre_hook", "", (1, 1)),
        ("pre_hook = '''a\nb = c\n'''", "pre_hook", "'''a\nb = c\n'''", (1, 3)),
        ('pre_hook = """a"""', "pre_hook", '"""a"""', (1, 1)),
        ("pre_hook = a = b", "pre_hook", "a = b", (1, 1)),
        ("\ufeffpre_hook = a", "pre_hook", "a", (1, 1)),
        ("# x\r\npre_hook = a\r\n", "pre_hook", "a", (2, 2)),
    ],
)
def test_an_option_of_a_renewal_file(
    text: str, name: str, value: str, lines: tuple[int, int]
) -> None:
    (found,) = options(CONF, text.encode()) or ()
    assert (found.name, found.value, (found.first, found.last)) == (name, value, lines)


def test_sections_of_a_renewal_file() -> None:
    text = b"a = 1\n[renewalparams]\nb = 2\n[[webroot_map]]\nc = 3\n[ other ] # why\nd = 4\n"
    found = options(CONF, text) or ()
    assert [(one.name, one.section) for one in found] == [
        ("a", ()),
        ("b", ("renewalparams",)),
        ("c", ("renewalparams", "webroot_map")),
        ("d", ("other",)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        b"a = b\rpre-hook = c\n",
        b"a = \xff\n",
        b"a = b\x0bpre-hook = c\n",
        "a = b\u2028pre-hook = c\n".encode(),
        "a = b\x85pre-hook = c\n".encode(),
        b"a = \x1b]0;x\x07\n",
        b"a = b\0\n",
        b"= b\n",
    ],
)
@pytest.mark.parametrize("path", [CLI, CONF])
def test_a_text_that_is_not_clear_is_not_read(path: str, text: bytes) -> None:
    assert options(path, text) is None


@pytest.mark.parametrize(
    "text",
    ["\ufeffpre-hook = a", "[a\n", "[[a]]\n", "[a]]\n", "a\n", "a = '''b\n", 'a = """b\nc\n'],
)
def test_what_only_one_of_the_two_refuses(text: str) -> None:
    path = CLI if text.startswith("\ufeff") else CONF
    assert options(path, text.encode()) is None


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("last", [b"", b"z = \xe3\x81\x82"])
def test_lines_go_and_no_other_byte_changes(end: bytes, last: bytes) -> None:
    lines = [b"a = 1", b"", b"# c", b"  b = 2  ", b"c = 3"]
    text = end.join([*lines, last])
    assert without(text, ((4, 5), (1, 1))) == end.join([*lines[1:3], last])
    assert without(text, ()) == text


def test_the_mark_of_utf_8_stays_where_the_first_line_goes() -> None:
    assert without(b"\xef\xbb\xbfa = 1\nb = 2\n", ((1, 1),)) == b"\xef\xbb\xbfb = 2\n"
