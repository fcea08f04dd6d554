"""What stands beside Postfix: tables, aliases, the queue, sockets, units, the chain, the resolver."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Optional

import pytest

from tests.unit.check.scripted import Pair
from wizard.answers.model import Answers
from wizard.answers.sections.aliases import Aliases
from wizard.answers.sections.domains import Domains
from wizard.answers.sections.hostname import Hostname
from wizard.check.commands import NOTHING, CommandResult
from wizard.check.dns.resolver import NO_SUCH_NAME, begin_resolver, judge_resolver
from wizard.check.host import sockets, units
from wizard.check.network.firewall import judge_firewall
from wizard.check.queue import spool
from wizard.check.tables import indexes
from wizard.check.tables.rows import judge_rows
from wizard.check.tls import chain
from wizard.dns.asking import FAILED, FOUND, NO_NAME, SILENT, Answer, Question
from wizard.door import Door, Outcome, Running
from wizard.errors import Trouble
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Finding
from wizard.host.facts import Firewall, Network, Zone
from wizard.postfix.settings import Settings
from wizard.sections.aliases import check as aliases

HASH = "hash:/etc/postfix/virtual"


class Postmap(Door):
    """A root below which postmap says what a test wants, by the table."""

    def __init__(self, root: Path, said: dict[str, tuple[int, str]]) -> None:
        super().__init__(root)
        self._said = said

    def start(
        self, argv: Sequence[str], *, timeout: float = 15, data: Optional[bytes] = None
    ) -> Optional[Running]:
        assert argv[:3] == ("postmap", "-q", indexes.NOBODY)
        code, words = self._said.get(argv[3], (1, ""))
        shell = ("sh", "-c", f"printf '%s' \"$1\" >&2; exit {code}", "sh", words)
        return Door().start(shell, timeout=timeout, data=data)


def look(root: Path, said: dict[str, tuple[int, str]], **own: str) -> tuple[str, str, str]:
    begun = indexes.begin_tables(Postmap(root, said), Settings(own), (), ("hash", "regexp", "cidr"))
    (found,) = begun()
    assert found.id == "tables"
    return found.verdict, found.seen, found.advice


def test_tables_that_open(tmp_path: Path) -> None:
    own = {
        "virtual_alias_maps": f"proxy:{HASH}, regexp:/etc/postfix/r",
        "mailbox_transport": "lmtp:unix:/run/lmtp",
        "smtpd_milters": "unix:/run/milter",
        "mynetworks": "127.0.0.0/8, cidr:/etc/postfix/networks",
    }
    assert look(tmp_path, {}, **own)[:2] == (RIGHT, "3 open")


def test_a_table_that_does_not(tmp_path: Path) -> None:
    said = {HASH: (1, "postmap: fatal: open database /etc/postfix/virtual.db: No such file")}
    verdict, seen, advice = look(tmp_path, said, virtual_alias_maps=HASH, relocated_maps="cidr:/r")
    assert verdict == WRONG
    assert seen.startswith(f"{HASH}: postmap: fatal: open database")
    assert f"postmap {HASH}" in advice


def test_what_is_said_of_main_cf_is_not_said_of_a_table(tmp_path: Path) -> None:
    """Each command repeats it, whatever it was asked."""
    warning = "postmap: warning: /etc/postfix/main.cf, line 9: overriding earlier entry: a=b\n"
    assert look(tmp_path, {HASH: (1, warning)}, virtual_alias_maps=HASH)[0] == RIGHT
    fatal = f"{warning}postmap: fatal: open database /etc/postfix/virtual.db: No such file\n"
    verdict, seen, _ = look(tmp_path, {HASH: (1, fatal)}, virtual_alias_maps=HASH)
    assert (verdict, "fatal: open database" in seen) == (WRONG, True)


def test_a_table_that_could_not_be_asked_about_is_unknown(tmp_path: Path) -> None:
    """Where no process can be started nothing is known of it, and the cause is told."""

    class Full(Postmap):
        def start(self, *_: object, **__: object) -> Optional[Running]:
            raise Trouble("starting postmap", "Read-only file system", "")

    begun = indexes.begin_tables(
        Full(tmp_path, {}), Settings({"virtual_alias_maps": HASH}), (), ("hash",)
    )
    (found,) = begun()
    assert (found.verdict, found.seen) == (UNKNOWN, "not known: Read-only file system")


def test_a_type_that_is_not_built_in(tmp_path: Path) -> None:
    verdict, seen, advice = look(tmp_path, {}, header_checks="pcre:/etc/postfix/h")
    assert (verdict, "header_checks has pcre:/etc/postfix/h" in seen) == (WRONG, True)
    assert "postconf -m" in advice


@pytest.mark.parametrize(
    ("name", "path", "remedy"),
    [
        ("transport_maps", "/etc/postfix/transport", "postmap hash:/etc/postfix/transport"),
        ("alias_maps", "/etc/aliases", "newaliases"),
    ],
)
def test_a_table_older_than_its_text(tmp_path: Path, name: str, path: str, remedy: str) -> None:
    text = tmp_path / path.lstrip("/")
    text.parent.mkdir(parents=True, exist_ok=True)
    for suffix, age in (("", 0), (".db", 60)):
        Path(f"{text}{suffix}").touch()
        now = text.stat().st_mtime
        os.utime(f"{text}{suffix}", (now - age, now - age))
    verdict, seen, advice = look(tmp_path, {}, **{name: f"hash:{path}"})
    assert (verdict, seen) == (WARNING, f"hash:{path} is older than {path}")
    assert remedy in advice


@pytest.mark.parametrize(
    ("text", "verdict", "seen"),
    [
        ("postmaster: root\nroot: taro\n", RIGHT, "leads to somebody"),
        ("Postmaster:\n  taro\n", RIGHT, "leads to somebody"),
        ("postmaster: root\n", RIGHT, "leads to somebody"),
        ("postmaster: one@example.net\n", RIGHT, "leads to somebody"),
        ("postmaster: a, b\n", RIGHT, "leads to somebody"),
        ("postmaster: taro\npostmaster: nobody-here\n", RIGHT, "leads to somebody"),
        ("# postmaster: taro\n", WRONG, "no such alias, no such user"),
        ("postmaster: hanako\n", WRONG, "hanako is no alias and no user"),
        (
            "postmaster: root\nroot: postmaster\n",
            WRONG,
            "postmaster leads to root leads to postmaster: round in a circle",
        ),
    ],
)
def test_postmaster(tmp_path: Path, text: str, verdict: str, seen: str) -> None:
    found = read_by(tmp_path, text)["aliases.postmaster"]
    assert (found.verdict, found.seen) == (verdict, seen)


def read_by(tmp_path: Path, text: str, reader: str = "", **own: str) -> dict[str, Finding]:
    """Return what is found of aliases where the answers name this reader, by ID."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/aliases").write_text(text)
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\ntaro:x:1000:1000::/:/bin/sh\n")
    settings = Settings({"alias_maps": "hash:/etc/aliases", **own})
    answers = Answers(Hostname("mail.example.com", "example.com"), aliases=Aliases(reader))
    found = aliases.judge_aliases(Door(tmp_path), settings, answers)
    return {one.id: one for one in found}


DOVECOT = "lmtp:unix:private/dovecot-lmtp"


@pytest.mark.parametrize(
    ("text", "reader", "transport", "told"),
    [
        ("root: taro", "", DOVECOT, (RIGHT, "taro")),
        ("root: taro", "taro", DOVECOT, (RIGHT, "taro")),
        ("root: hanako, taro", "taro", DOVECOT, (RIGHT, "hanako, taro")),
        ("root: hanako", "taro", DOVECOT, (WRONG, "hanako")),
        ('root: "|/usr/bin/archive"', "", DOVECOT, (RIGHT, '"|/usr/bin/archive"')),
        ("#root: taro", "", DOVECOT, (WARNING, "root itself: Dovecot takes no mail for uid 0")),
        ("root: \\root", "", DOVECOT, (WARNING, "root: Dovecot takes no mail for uid 0")),
        ("#root: taro", "", "", (RIGHT, "root itself")),
        ("#root: taro", "taro", "", (WRONG, "root itself")),
    ],
)
def test_who_reads_roots_mail(
    tmp_path: Path, text: str, reader: str, transport: str, told: tuple[str, str]
) -> None:
    verdict, seen = told
    found = read_by(tmp_path, f"{text}\n", reader, mailbox_transport=transport)["aliases.root"]
    assert (found.verdict, seen in found.seen) == (verdict, True), found
    assert bool(found.advice) == (verdict != RIGHT)


def test_a_reader_that_was_chosen_may_be_dovecots(tmp_path: Path) -> None:
    found = read_by(tmp_path, "postmaster: root\nroot: hana\n", "hana")["aliases.postmaster"]
    assert (found.verdict, found.seen) == (WARNING, "hana is no alias and no user")


def test_abuse_that_nobody_reads_is_a_warning(tmp_path: Path) -> None:
    found = read_by(tmp_path, "postmaster: root\nroot: taro\n")["aliases.abuse"]
    assert (found.verdict, found.seen) == (WARNING, "no such alias, no such user")


def test_aliases_kept_elsewhere(tmp_path: Path) -> None:
    own = Settings({"alias_maps": "ldap:/etc/postfix/ldap.cf"})
    answers = Answers(Hostname("mail.example.com", "example.com"))
    assert list(aliases.judge_aliases(Door(tmp_path), own, answers)) == []


def test_the_queue(tmp_path: Path) -> None:
    (tmp_path / "hold").mkdir()
    space, hold = spool.judge_queue(Door(), Settings({}), str(tmp_path))
    assert (space.verdict, hold.verdict) == (RIGHT, RIGHT)
    (tmp_path / "hold/4ABC").touch()
    huge = Settings({"message_size_limit": str(10**18)})
    space, hold = spool.judge_queue(Door(), huge, str(tmp_path))
    assert (space.verdict, hold.verdict) == (WRONG, WARNING)
    assert hold.seen == "1 on hold"
    assert list(spool.judge_queue(Door(), huge, str(tmp_path / "none"))) == []


@pytest.mark.parametrize(
    ("mode", "owner", "group", "allowed"),
    [
        (0o600, 89, 0, True),
        (0o600, 0, 0, False),
        (0o660, 0, 89, True),
        (0o640, 0, 89, False),
        (0o660, 0, 12, True),
        (0o606, 0, 89, False),
        (0o666, 0, 0, True),
        (0o066, 89, 89, False),
    ],
)
def test_who_may_write(mode: int, owner: int, group: int, allowed: bool) -> None:
    status = os.stat_result((mode, 0, 0, 0, owner, group, 0, 0, 0, 0))
    who = sockets.Identity(89, frozenset({89, 12}))
    assert sockets.allows(status, who, 2) is allowed


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A directory that everybody may pass through, which pytest's own are not."""
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        path = Path(place)
        path.chmod(0o755)
        yield path


def test_a_socket_that_is_closed(open_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    who = sockets.Identity(65534, frozenset({65534}))
    monkeypatch.setattr(sockets, "identity", lambda: who)
    path = open_path / "auth"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        path.chmod(0o666)
        assert [one.verdict for one in sockets.judge_socket("auth", str(path))] == [RIGHT]
        path.chmod(0o600)
        (found,) = sockets.judge_socket("auth", str(path))
        assert (found.id, found.verdict) == ("socket.auth", WRONG)
        assert found.seen.startswith(f"{path} is closed to postfix: ")
        path.chmod(0o666)
        open_path.chmod(0o700)
        assert sockets.closed_to_postfix(str(path)).startswith(f"{open_path} is closed")
    path.unlink()
    assert list(sockets.judge_socket("auth", str(path))) == []


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


def test_a_dovecot_that_a_path_starts() -> None:
    told = shown(dovecot=("active", "disabled")).text.replace("By=", "By=dovecot.path")
    found = units.judge_units(CommandResult(Outcome(0, told.encode(), b"")))
    assert {one.verdict for one in found} == {RIGHT}


LOADED = (
    "{at} ace postfix/postfix-script[9]: {what} the Postfix mail system\n"
    "{at} ace postfix/smtpd[9]: warning: reload -- version of a stranger\n"
)


@pytest.mark.parametrize(
    ("age", "what", "verdict"),
    [(-5, "starting", RIGHT), (-5, "refreshing", RIGHT), (5, "starting", WARNING)],
)
def test_what_postfix_has_read(tmp_path: Path, age: int, what: str, verdict: str) -> None:
    path = tmp_path / "etc/postfix/main.cf"
    path.parent.mkdir(parents=True)
    path.touch()
    os.utime(path, (1000 + age, 1000 + age))
    log = LOADED.format(at="1000.123456", what=what)
    (found,) = units.judge_loaded(log, Door(tmp_path))
    assert (found.id, found.verdict) == ("unit.loaded", verdict)


def test_a_log_that_does_not_tell(tmp_path: Path) -> None:
    assert list(units.judge_loaded("Nov 24 15:00 postfix: nothing", Door(tmp_path))) == []


def test_a_chain(pair: Pair, tmp_path: Path) -> None:
    (found,) = chain.begin_chain(Door(), str(pair.cert))()
    assert (found.id, found.verdict) == ("certificate.chain", WARNING)
    assert found.seen == "signed by itself"
    assert list(chain.begin_chain(Door(), str(tmp_path / "none"))()) == []


@pytest.mark.parametrize(
    ("said", "own"),
    [
        (b"error 18 at 0 depth lookup: self-signed certificate", True),
        (b"error 18 at 0 depth lookup:self signed certificate", True),
        (b"error 19 at 2 depth lookup: words of another release", True),
        (b"error 20 at 0 depth lookup: unable to get local issuer certificate", False),
        (b"error 2 at 1 depth lookup: self-signed is not what it is", False),
    ],
)
def test_a_chain_is_judged_by_a_number_and_no_word(pair: Pair, said: bytes, own: bool) -> None:
    told = CommandResult(Outcome(2, b"CN = x\n", said), "")
    (found,) = chain._judge(str(pair.cert), told)
    assert (found.seen == "signed by itself") == own


def test_a_key_that_everybody_may_read(open_path: Path) -> None:
    key, link = open_path / "privkey1.pem", open_path / "privkey.pem"
    key.touch(0o600)
    link.symlink_to(key.name)
    own = Settings({"smtpd_tls_key_file": str(link)})
    assert [one.verdict for one in chain.judge_key(Door(), own)] == [RIGHT]
    key.chmod(0o644)
    (found,) = chain.judge_key(Door(), own)
    assert (found.id, found.verdict) == ("certificate.key", WARNING)
    open_path.chmod(0o700)
    assert [one.verdict for one in chain.judge_key(Door(), own)] == [RIGHT]
    assert list(chain.judge_key(Door(), Settings({}))) == []


@pytest.mark.parametrize(
    ("state", "verdict", "word"),
    [
        (NO_NAME, RIGHT, ""),
        (FOUND, WRONG, "blocklists list everybody"),
        (SILENT, WRONG, "450"),
        (FAILED, WRONG, "450"),
    ],
)
def test_the_resolver(state: str, verdict: str, word: str) -> None:
    answer = Answer(Question(NO_SUCH_NAME, "A"), state, why="no answer in time")
    found = judge_resolver(answer, ("127.0.0.1",))
    assert (found.id, found.verdict, found.fatal) == ("dns.resolver", verdict, False)
    assert word in found.advice


def test_without_a_network_the_resolver_is_not_asked() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert list(begin_resolver(None, pool)()) == []


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ({"example.com": "OK", "spam.example": "550 no", "a@b.example": "dunno"}, {}),
        ({"b.example": "check_client_access cidr:/c, reject", "c.example": "strict"}, {}),
        ({"zeke.ne.jp": "REJECT", "elsewhere.ne.jp": "OK"}, {}),
        ({"zeke.ne.jp": "OK"}, {"own": WARNING}),
        ({"ne.jp": "permit"}, {"own": WARNING}),
        ({"cafe.example": "OK"}, {"own": WARNING}),
        ({"spam.example": "REJCT"}, {"actions": WRONG}),
        ({b"sp\xe4m.example".decode("utf-8", "surrogateescape"): "REJCT"}, {"actions": WRONG}),
        ({"spam.example": ""}, {"actions": WRONG}),
    ],
)
def test_rows_of_sender_access(
    answers: Answers, rows: dict[str, str], named: dict[str, str]
) -> None:
    local = replace(answers, domains=Domains(("cafe.example",)))
    own = Settings({"smtpd_restriction_classes": "strict"})
    found = {one.id[20:]: one.verdict for one in judge_rows(rows, local, own)}
    assert {key: one for key, one in found.items() if one != RIGHT} == named


SERVICES = frozenset({"smtp", "smtp-submission", "smtps"})


def zone(name: str, *bound: str) -> Zone:
    return Zone(name, SERVICES, SERVICES, bound=bound)


@pytest.mark.parametrize(
    ("zones", "cables", "used"),
    [
        ((zone("public", "eth0"),), ("eth0", "lo"), True),
        ((zone("public"),), ("eth0", "lo"), True),
        ((zone("public"),), (), True),
        ((zone("public"), zone("block", "eth0")), ("eth0", "lo"), False),
        ((zone("public"), zone("block", "eth0")), ("eth0", "eth1", "lo"), True),
    ],
)
def test_the_default_zone_in_use(
    zones: tuple[Zone, ...], cables: tuple[str, ...], used: bool
) -> None:
    network = Network(interfaces=tuple(one for one in cables if one != "lo"))
    found = judge_firewall(Firewall("running", "public", zones), "", "public", network)
    assert ("firewall.zone" not in {one.id for one in found}) is used


def test_nothing_is_said_of_units_that_systemd_does_not_show() -> None:
    assert list(units.judge_units(CommandResult(NOTHING, "there is no systemctl"))) == []
