"""Whatever is wrong with the answers is told by file and line, and nothing is changed.

The program is the one file of scripts/build on a real host. All cases here share one: each must
leave every byte, mode and time of /etc as it found them.
"""

from __future__ import annotations

import json
import shlex
from typing import Iterator, Optional

import pexpect
import pytest

from lab import host as lab_host
from lab.host import Host, Options
from tests.lab.program import (
    ANSWERS,
    BAD,
    NOT_ROOT,
    PENDING,
    PROGRAM,
    PYZ,
    USAGE,
    ZEKE,
    state,
    wizard,
)
from wizard.answers.fields import CUSTOM_FIELDS, FIELDS

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def booted(host_names: Iterator[str]) -> Iterator[tuple[Host, list[str]]]:
    host = lab_host.boot(next(host_names), Options(pyz=PYZ))
    host.run(["dnf", "-y", "install", "postfix"], check=True)
    yield host, state(host)
    host.stop()


@pytest.fixture
def host(booted: tuple[Host, list[str]]) -> Iterator[Host]:
    host, before = booted
    yield host
    assert state(host) == before, "nothing is changed, whatever was given"


def refused(host: Host, text: Optional[str], *told: str, path: str = ANSWERS) -> str:
    """Both `plan` and `apply --yes` end with 65 and say what is wrong."""
    if text is not None:
        host.write(path, text, 0o600)
    for words in (("plan",), ("apply", "--yes")):
        code, said = wizard(host, *words, "--answers", path)
        assert code == BAD, said
        for part in told:
            assert part in said, said
    return said


LONG = "a" * 64
NAME, NETWORK, LOCAL = '"mail.zeke.ne.jp"', '"192.168.1.0/24"', '"ace.zeke.ne.jp"'
CASES: dict[str, tuple[str, str, str]] = {
    "one label": (NAME, '"mail"', "hostname.myhostname: The name has no dot. Write the full name"),
    "a long label": (
        NAME,
        f'"{LONG}.jp"',
        "hostname.myhostname: A part of the name has 64 characters",
    ),
    "a long name": (
        NAME,
        f'"{"abcdefghi." * 26}jp"',
        "hostname.myhostname: The name has 262 characters",
    ),
    "an underscore": (NAME, '"my_mail.jp"', "hostname.myhostname: A host name cannot contain '_'"),
    "a full-width blank": (
        NAME,
        '"mail.\u3000jp"',
        "The text contains a blank that is not a plain space (U+3",
    ),
    "a full-width dot": (NAME, '"mail\uff0ejp"', "U+FF0E where '.' is meant. Type it again"),
    "a full-width letter": (NAME, '"\uff4dail.jp"', "U+FF4D where 'm' is meant. Type it again"),
    "an ideographic stop": (NAME, '"mail\u3002jp"', "full-width full stop U+3002 where '.' is"),
    "a trailing dot": (
        NAME,
        '"mail.zeke.ne.jp."',
        "hostname.myhostname: Remove the dot at the end",
    ),
    "two dots": (NAME, '"mail..jp"', "hostname.myhostname: Remove the extra dot"),
    "an address": (
        NAME,
        '"192.0.2.1"',
        "hostname.myhostname: This is an IP address. Write the host",
    ),
    "an IPv6 address": (NAME, '"[2001:db8::1]"', "hostname.myhostname: This is an IP address"),
    "a hyphen in front": (NAME, '"-mail.jp"', "hostname.myhostname: A name cannot begin with '-'"),
    "no script's letters": (LOCAL, '"\u263a.jp"', "This is not a valid internationalised name"),
    "a name among many": (
        LOCAL,
        '"a.jp", "b_c.jp"',
        "domains.local: 'b_c.jp': A host name cannot contain '_'",
    ),
    "host bits": (
        NETWORK,
        '"192.168.1.1/24"',
        "with a network's length. Write 192.168.1.0/24 for the",
    ),
    "the world": (
        NETWORK,
        '"0.0.0.0/0"',
        "'0.0.0.0/0': This network would let strangers send mail",
    ),
    "the world in IPv6": (
        NETWORK,
        '"[::]/0"',
        "'[::]/0': This network would let strangers send mail",
    ),
    "half the world": (
        NETWORK,
        '"128.0.0.0/1"',
        "'128.0.0.0/1': This network would let strangers send mail",
    ),
    "no brackets": (
        NETWORK,
        '"2001:db8::/64"',
        "An IPv6 network needs brackets. Write [2001:db8::]/64",
    ),
    "no network": (NETWORK, '"192.168.1.300/24"', "This is not a network. Write one"),
    "two in one": (NETWORK, '"10.0.0.0/8 172.16.0.0/12"', "This is not a network. Write one"),
    "blank in a network": (NETWORK, '"10.0.0.0/8\u3000"', "(U+3000, as a full-width keyboard"),
    "overlapping": (NETWORK, '"127.1.0.0/16"', "127.1.0.0/16 lies within 127.0.0.0/8. Keep one"),
    "a number for a text": (NAME, "3", "hostname.myhostname: Write a text in quotes"),
    "a date for a text": (NAME, "2026-01-01", "hostname.myhostname: Write a text in"),
    "a text for a list": (f"[{NETWORK}, ", '"x" #', "networks.mynetworks: Write a list of texts"),
    "a list of numbers": (LOCAL, "1", "domains.local: Write a list of texts"),
    "an unknown key": (
        "myorigin =",
        "myorgin =",
        "hostname.myorgin: [hostname] has no such key. Its",
    ),
    "an unknown section": ("[domains] ", "[domain] ", "domain: There is no section [domain]; the"),
    "no TOML": (NAME, "mail.zeke.ne.jp", "This is not TOML"),
    "a key twice": (
        "myorigin = ",
        'mydomain = "x.jp" #',
        'This is not TOML: Key "mydomain" already',
    ),
    "another source": ('"letsencrypt" ', '"carrier" ', "Choose one of letsencrypt, "),
}
"""What of the example is replaced, by what, and what is told of that line."""


@pytest.mark.by_turns(6)
@pytest.mark.parametrize("name", CASES)
def test_a_wrong_answer_is_told_with_its_line(host: Host, name: str) -> None:
    old, new, told = CASES[name]
    before = ZEKE.partition(old)[0]
    assert before != ZEKE
    said = refused(host, ZEKE.replace(old, new, 1), told)
    at = f"answers.toml:{before.count(chr(10)) + 1}: "
    assert at in said, said
    assert "Nothing was changed." in said


def test_ipv6_on_and_its_loopback_missing(host: Host) -> None:
    told = "answers.toml:12: networks.mynetworks: [::1]/128 is missing while IPv6 is on"
    refused(host, ZEKE.replace('inet_protocols = "ipv4"', 'inet_protocols = "all"'), told)


POISONS = {
    "a command": "$(touch /etc/poison)",
    "backquotes": "`touch /etc/poison`",
    "a template": "{{ 7 * 7 }}",
    "a semicolon": "a;b",
    "a bell": "a\a",
    "a line feed": "a\nmynetworks = 0.0.0.0/0",
    "a carriage return": "a\rb",
    "an escape sequence": "\x1b[31mred",
    "a NUL": "a\0b",
    "a turned direction": "a\u202eb",
    "a blank from Japan": "a\u3000b",
    "nothing visible": "a\u200bb",
}


@pytest.mark.by_turns(6)
@pytest.mark.parametrize("name", POISONS)
def test_no_field_takes_a_poison(host: Host, name: str) -> None:
    lines, told, section = [], [], ""
    for field in (*FIELDS, *CUSTOM_FIELDS):
        if field.section != section:
            section = field.section
            lines.append(f"[[{section}]]" if "." in section else f"[{section}]")
        value = json.dumps(POISONS[name])
        lines.append(f"{field.name} = {f'[{value}]' if field.kind == 'list' else value}")
        told.append(f"answers.toml:{len(lines)}: {field.section}.{field.name}: ")
    said = refused(host, "\n".join(lines) + "\n", *told)
    for character in "\a\r\x1b\0\u202e":
        assert character not in said, "nothing that a terminal would obey is repeated"


def test_a_key_or_a_path_is_not_obeyed_by_the_terminal(host: Host) -> None:
    key = '"\\u001b[31mx" = 1\n[hostname]\n"a\\nb" = 2\n'
    said = refused(host, key, "\\x1b[31mx", "hostname.a\\nb: [hostname] has no such key")
    said += refused(host, None, "/root/\\x1b[31mx: No such file", path="/root/\x1b[31mx")
    code, unknown = wizard(host, "plan", "--\x1b[31mx")
    assert code == USAGE
    assert "\x1b" not in said + unknown


FILES: dict[str, tuple[str, str]] = {
    "missing": ("true", "No such file or directory"),
    "empty": (": >FILE", "it is empty"),
    "blank": ("printf '\\n \\n' >FILE", "it is empty"),
    "a directory": ("mkdir FILE", "Is a directory"),
    "a FIFO": ("mkfifo FILE", "it is not a regular file"),
    "a link to a FIFO": ("mkfifo FILE.fifo; ln -s FILE.fifo FILE", "it is not a regular file"),
    "a device": ("ln -s /dev/zero FILE", "it is not a regular file"),
    "a circle": ("ln -s FILE FILE", "Too many levels of symbolic links"),
    "too large": ("truncate -s 17M FILE", "larger than 16 MiB"),
    "bytes": ("printf '[hostname]\\nmyhostname = \"\\377.jp\"\\n' >FILE", "line 2 is not UTF-8"),
    "UTF-16": ("printf '\\377\\376[\\0' >FILE", "line 1 is not UTF-8"),
    "a byte order mark": ("printf '\\357\\273\\277[x]\\n' >FILE", "a byte order mark (U+FEFF)"),
    "another's": ("echo >FILE; chown 65534 FILE", "others than root may write it"),
    "the group's": ("echo >FILE; chmod 620 FILE", "others than root may write it"),
    "everybody's": ("echo >FILE; chmod 602 FILE", "Run `chown root FILE; chmod go-w FILE`"),
}
"""How the file comes to be, and what is told of it."""


@pytest.mark.by_turns(6)
@pytest.mark.parametrize("name", FILES)
def test_an_odd_file(host: Host, name: str) -> None:
    script, told = FILES[name]
    path = f"/root/odd-{name.replace(' ', '-').replace(chr(39), '')}.toml"
    host.run(["sh", "-c", f"umask 077; {script.replace('FILE', shlex.quote(path))}"], check=True)
    refused(host, None, f"While reading the answers in {path}: ", told, path=path)


def test_a_missing_lineage(host: Host) -> None:
    told = "certificate.name: /etc/letsencrypt/live/zeke.org does not exist; the lineages here: z"
    refused(host, ZEKE.replace('name = "zeke.ne.jp"', 'name = "zeke.org"'), told)


def test_a_public_range_needs_a_word_of_its_own(host: Host) -> None:
    host.write(ANSWERS, ZEKE.replace('"192.168.1.0/24"', '"203.0.113.0/24"'), 0o600)
    code, said = wizard(host, "plan", "--answers", ANSWERS)
    assert code == PENDING, said
    assert "Caution public-range=203.0.113.0/24: 203.0.113.0/24" in said
    whole = "--accept public-range=203.0.113.0/24"
    for given in (
        "other",
        "public-range",
        "public-range=",
        "public-range=203.0.113.0/25",
        "public-range=203.0.113.0/24,198.51.100.0/24",
        "Public-range=203.0.113.0/24",
    ):
        code, said = wizard(host, "apply", "--yes", "--accept", given, "--answers", ANSWERS)
        assert code == BAD, said
        assert said.endswith(f"Nothing was changed. If that is what you want, add: {whole}\n")


LOCALES = {
    "C": {"LC_ALL": "C"},
    "none": {},
    "Japanese, not installed": {"LANG": "ja_JP.UTF-8"},
    "nonsense": {"LC_ALL": "xx_YY.nothing", "LANGUAGE": "ja"},
}


@pytest.mark.parametrize("name", LOCALES)
def test_a_name_in_its_own_script_in_any_locale(host: Host, name: str) -> None:
    host.write(ANSWERS, ZEKE.replace(LOCAL, '"日本語.jp", "Bücher.example"'), 0o600)
    code, said = wizard(host, "plan", "--answers", ANSWERS, **LOCALES[name])
    assert code == BAD, "an upper-case letter is no valid one in such a name"
    host.write(ANSWERS, ZEKE.replace(LOCAL, '"日本語.jp", "bücher.example"'), 0o600)
    code, said = wizard(host, "plan", "--answers", ANSWERS, **LOCALES[name])
    assert code == PENDING, said
    assert "+    xn--wgv71a119e.jp, xn--bcher-kva.example, cafe.zeke.ne.jp," in said
    assert "To read: xn--wgv71a119e.jp (日本語.jp)" in said
    assert "To read: xn--bcher-kva.example (bücher.example)" in said


def test_a_locale_that_lacks_the_characters(host: Host) -> None:
    host.write(ANSWERS, ZEKE.replace(LOCAL, '"日本語.jp"'), 0o600)
    for encoding in ("ascii:strict", "euc_jp:strict", "latin-1:strict"):
        argv = ["env", f"PYTHONIOENCODING={encoding}", "python3", PROGRAM, "plan", "--answers"]
        done = host.run([*argv, ANSWERS])
        assert done.returncode == PENDING, done.stderr
        assert done.stderr == ""


TRAPS = ("postconf", "postmap", "dnf", "rpm", "systemctl", "firewall-cmd", "ss", "ip", "python3")
TRAP = f"""\
mkdir -p /root/traps/cf && cd /root/traps && rm -f /root/trapped
for name in {" ".join(TRAPS)}; do
    printf '#!/bin/sh\\necho "$0" >>/root/trapped\\n' >$name && chmod +x $name
done
for name in contextlib zipfile fcntl sitecustomize usercustomize tomlkit wizard argparse json; do
    echo 'open("/root/trapped", "a").write(__name__)' >$name.py
done
echo 'myhostname = trapped.example.com' >cf/main.cf && : >cf/master.cf
"""
HOSTILE = {
    "PATH": "/root/traps:/usr/bin:/bin",
    "PYTHONPATH": "/root/traps",
    "PYTHONHOME": "/root/traps",
    "PYTHONINSPECT": "1",
    "MAIL_CONFIG": "/root/traps/cf",
    "HOME": "/root/traps",
    "LD_LIBRARY_PATH": "/root/traps",
    "IFS": "/",
    "BASH_ENV": "/root/traps/postconf",
}


def test_a_hostile_environment_is_not_used(host: Host) -> None:
    host.run(["sh", "-c", TRAP], check=True)
    host.write(ANSWERS, ZEKE, 0o600)
    plain = wizard(host, "plan", "--answers", ANSWERS)
    argv = ["env", "-C", "/root/traps", *(f"{name}={value}" for name, value in HOSTILE.items())]
    done = host.run([*argv, PROGRAM, "plan", "--answers", ANSWERS])
    assert (done.returncode, done.stdout + done.stderr) == plain
    assert plain[0] == PENDING
    assert host.run([*argv, PROGRAM, "apply", "--answers", ANSWERS]).returncode == USAGE
    assert host.run(["cat", "/root/trapped"]).stdout == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("plan", "--nonsense"), "unrecognized arguments: --nonsense. See `postfix-wizard --help`"),
        (("plan", "--section", "mail"), "argument --section: invalid choice: 'mail'"),
        (("plan", "--answers"), "argument --answers: expected one argument"),
        (("nonsense",), "invalid choice: 'nonsense'"),
        (("apply", "--answers", ANSWERS), "nobody can be asked here, for there is no terminal"),
        ((), "there is no terminal to draw on"),
    ],
)
def test_a_wrong_command_line(host: Host, words: tuple[str, ...], told: str) -> None:
    host.write(ANSWERS, ZEKE, 0o600)
    code, said = wizard(host, *words)
    assert code == USAGE, said
    assert told in said


@pytest.mark.promise(53)
def test_only_root_may(host: Host) -> None:
    names = ("plan", "apply", "attach", "resume", "runs", "undo", "check", "status", "move", "log")
    for name in names:
        done = host.run(["setpriv", "--reuid=65534", "--clear-groups", PROGRAM, name])
        assert done.returncode == NOT_ROOT, (name, done.stdout + done.stderr)
        assert "only root" in done.stderr or "Permission denied" in done.stderr
        # With its whole path: sudo's secure_path on EL has no /usr/local/bin.
        assert f"sudo {PROGRAM}" in done.stderr


@pytest.mark.parametrize(
    ("term", "size", "told"),
    [
        ("dumb", (24, 80), "this terminal cannot be drawn on (TERM is dumb)"),
        ("", (24, 80), "this terminal cannot be drawn on (TERM is"),
        ("xterm", (5, 20), "the terminal is 20x5, and the screens need at least 40x10"),
    ],
)
def test_a_terminal_that_cannot_be_drawn_on(
    host: Host, term: str, size: tuple[int, int], told: str
) -> None:
    ssh = host.ssh_argv([PROGRAM, "--dry-run"])
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TERM": term}
    child = pexpect.spawn(
        ssh[0], ssh[1:], dimensions=size, env=environment, encoding="utf-8", timeout=20
    )
    said = " ".join(child.read().split())
    child.close()
    assert told in said
    assert "postfix-wizard plan --answers FILE" in said
    assert child.exitstatus == USAGE
