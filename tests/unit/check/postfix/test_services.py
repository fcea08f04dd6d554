"""master.cf beside the three ports, and the programs that Postfix is sent to."""

from __future__ import annotations

import os
import re
import socket
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from wizard.check.cures.advise import advised
from wizard.check.cures.known import Known
from wizard.check.host import sockets
from wizard.check.postfix.backends import (
    Backend,
    backends,
    begin_backends,
    own_sockets,
    with_options,
)
from wizard.check.postfix.columns import STOCK
from wizard.check.postfix.services import NEEDED, OPTIONAL, judge_services, smtpds
from wizard.door import Door
from wizard.finding import RIGHT, WARNING, WRONG, Finding
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.settings import Settings

UNIX = "".join(
    f"{name} unix {STOCK[name]}\n"
    for name in (*NEEDED, *OPTIONAL, "local", "lmtp", "smtp", "relay")
)
MASTER = f"smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd\n{UNIX}"
OWN = {
    "mydestination": "zeke.ne.jp",
    "local_transport": "local:$myhostname",
    "mailbox_transport": "lmtp:unix:private/dovecot-lmtp",
    "default_transport": "smtp",
    "smtpd_recipient_restrictions": "permit_mynetworks, reject_unauth_destination",
}


def judged(master: str, root: Path, **own: str) -> list[Finding]:
    services = MasterCf.parse(master.encode()).services
    return list(judge_services(services, Settings({**OWN, **own}), Door(root)))


def bad(findings: list[Finding]) -> dict[str, tuple[str, str]]:
    return {one.id: (one.verdict, one.seen) for one in findings if one.verdict != RIGHT}


def test_a_whole_master_cf(tmp_path: Path) -> None:
    findings = judged(MASTER, tmp_path)
    assert bad(findings) == {}
    assert [one.id for one in findings] == [
        "master.cf.services",
        "master.cf.twice",
        "master.cf.others",
        "master.cf.processes",
        "master.cf.chroot",
    ]


@pytest.mark.parametrize(
    ("options", "own"),
    [
        ("", {"smtpd_sender_restrictions": "permit_mynetworks, reject_unverified_sender"}),
        (" -o smtpd_recipient_restrictions=reject_unverified_recipient,reject", {}),
        ("", {"smtpd_restriction_classes": "probed", "probed": "reject_unverified_sender"}),
    ],
    ids=["main.cf", "a port", "a class"],
)
def test_verify_is_needed_where_addresses_are_verified(
    tmp_path: Path, options: str, own: dict[str, str]
) -> None:
    port = "submission inet n - n - - smtpd"
    master = MASTER.replace(port, f"{port}{options}")
    found = bad(judged(master, tmp_path, **own))
    assert found["master.cf.verify"][0] == WRONG
    there = f"{master}verify unix - - n - 1 verify\n"
    assert "master.cf.verify" not in bad(judged(there, tmp_path, **own))


@pytest.mark.parametrize("name", NEEDED)
def test_each_service_is_missed(tmp_path: Path, name: str) -> None:
    found = bad(judged(MASTER.replace(f"\n{name} unix", f"\n#{name} unix"), tmp_path))
    assert found == {f"master.cf.{name}": (WRONG, f"no such service: {NEEDED[name]}")}


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ("127.0.0.1:10025 inet n - n - - smtpd -o smtpd_recipient_restrictions=permit\n", {}),
        (
            "2525 inet n - n - - smtpd -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject\n",
            {},
        ),
        ("192.0.2.1:smtp inet n - n - - smtpd\n", {}),
        (
            "2525 inet n - n - - smtpd -o smtpd_recipient_restrictions=permit\n",
            {"master.cf.others": (WRONG, "2525 relays for everybody")},
        ),
        (
            "2525 inet n - n - - smtpd -o mynetworks=0.0.0.0/0\n",
            {"master.cf.others": (WRONG, "2525 relays for everybody")},
        ),
        (
            "587 inet n - n - - smtpd\n",
            {"master.cf.twice": (WRONG, "submission, 587")},
        ),
        (
            "192.0.2.1:587 inet n - n - - smtpd\nsubmission inet n - n - - smtpd\n",
            {"master.cf.twice": (WRONG, "submission, submission")},
        ),
        (
            "465 inet n - n - 1 smtpd\n",
            {"master.cf.processes": (WARNING, "too few for 465")},
        ),
        (
            "465 inet n - y - - smtpd\n",
            {"master.cf.chroot": (WRONG, "465, and no /var/spool/postfix/etc/resolv.conf")},
        ),
    ],
)
def test_entries_of_their_own(tmp_path: Path, more: str, named: dict[str, tuple[str, str]]) -> None:
    assert bad(judged(MASTER + more, tmp_path)) == named


def test_a_chroot_with_its_files(tmp_path: Path) -> None:
    inside = tmp_path / "var/spool/postfix/etc/resolv.conf"
    inside.parent.mkdir(parents=True)
    inside.write_text("nameserver 127.0.0.1\n")
    assert bad(judged(MASTER + "465 inet n - y - - smtpd\n", tmp_path)) == {}


@pytest.mark.parametrize(
    ("own", "named"),
    [
        (
            {"default_transport": "smtpp"},
            {"transport.default_transport": (WRONG, "master.cf has no smtpp")},
        ),
        (
            {"content_filter": "amavis:[127.0.0.1]:1"},
            {"transport.content_filter": (WRONG, "master.cf has no amavis")},
        ),
        ({"virtual_transport": "virtual"}, {}),
        (
            {"mailbox_transport": "local:"},
            {
                "transport.mailbox_transport": (
                    WRONG,
                    "local is local(8) itself: its mail goes round and round",
                )
            },
        ),
        (
            {"virtual_transport": "virtual", "virtual_mailbox_domains": "v.example"},
            {"transport.virtual_transport": (WRONG, "master.cf has no virtual")},
        ),
    ],
)
def test_transports(tmp_path: Path, own: dict[str, str], named: dict[str, tuple[str, str]]) -> None:
    assert bad(judged(MASTER, tmp_path, **own)) == named


def test_a_master_cf_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    assert judged("", tmp_path) == []


@pytest.mark.parametrize(
    ("own", "found"),
    [
        (
            {"smtpd_milters": "inet:127.0.0.1:8891, unix:opendkim/s"},
            ["127.0.0.1:8891", "/var/spool/postfix/opendkim/s"],
        ),
        ({"smtpd_milters": "{ inet:localhost:8891, connect_timeout=1s }"}, ["localhost:8891"]),
        ({"smtpd_milters": "inet:filter.example:8891"}, []),
        ({"content_filter": "smtp-amavis:[127.0.0.1]:10024"}, ["127.0.0.1:10024"]),
        ({"content_filter": "smtp:[192.0.2.1]:25"}, []),
        ({"relayhost": "[127.0.0.1]:1025"}, ["127.0.0.1:1025"]),
        ({"virtual_transport": "lmtp:unix:/run/lmtp"}, ["/run/lmtp"]),
        ({"mailbox_transport": "lmtp:inet:127.0.0.1:24"}, ["127.0.0.1:24"]),
        (
            {"mailbox_transport": "lmtp:unix:private/dovecot-lmtp"},
            ["/var/spool/postfix/private/dovecot-lmtp"],
        ),
        (
            {"smtpd_data_restrictions": "check_policy_service unix:private/policy"},
            ["/var/spool/postfix/private/policy"],
        ),
        ({"transport_maps": "tcp:127.0.0.1:9997"}, ["127.0.0.1:9997"]),
        ({"canonical_maps": "hash:/x, proxy:tcp:localhost:9"}, ["localhost:9"]),
        ({"smtp_tls_policy_maps": "socketmap:inet:[::1]:8461:postfix"}, ["::1:8461"]),
        ({"virtual_alias_maps": "socketmap:unix:/run/maps:a"}, ["/run/maps"]),
        (
            {"smtpd_client_restrictions": "check_client_access tcp:127.0.0.1:9, permit"},
            ["127.0.0.1:9"],
        ),
        ({"transport_maps": "tcp:maps.example:9997, ldap:/etc/postfix/users.cf"}, []),
        ({"transport_maps": "tcp:127.0.0.1"}, []),
    ],
)
def test_where_postfix_is_sent_to(own: dict[str, str], found: list[str]) -> None:
    assert [str(one) for one in backends(Settings(own), ())] == found


def test_an_option_sends_it_there_too() -> None:
    text = "smtp inet n - n - - smtpd -o smtpd_proxy_filter=127.0.0.1:10026\n"
    (found,) = backends(Settings({}), smtpds(MasterCf.parse(text.encode()).services))
    assert (found.parameter, str(found)) == ("smtpd_proxy_filter", "127.0.0.1:10026")


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        (
            "pickup unix n - n 60 1 pickup -o content_filter=smtp:[127.0.0.1]:10026",
            "127.0.0.1:10026",
        ),
        (
            "local unix - n n - - local -o mailbox_transport=lmtp:unix:private/old",
            "/var/spool/postfix/private/old",
        ),
        ("cleanup unix n - n - 0 cleanup -o non_smtpd_milters=inet:127.0.0.1:9", "127.0.0.1:9"),
        ("rewrite unix - - n - - trivial-rewrite -o relayhost=[127.0.0.1]:9", "127.0.0.1:9"),
        ("flush unix n - n 1000? 0 flush -o content_filter=smtp:[127.0.0.1]:10026", ""),
        ("local unix - n n - - local -o content_filter=smtp:[127.0.0.1]:10026", ""),
        ("local unix - n n - - local -o mailbox_transport=\x1b[31m", ""),
    ],
)
def test_a_program_by_an_option_of_another_service(entry: str, found: str) -> None:
    named = with_options(MasterCf.parse(f"{entry}\n".encode()).services)
    assert [str(one) for one in backends(Settings({}), named)] == ([found] if found else [])


def test_a_socket_of_postfixs_own_is_no_program_behind_it() -> None:
    services = MasterCf.parse(b"lmtp unix - - n - - lmtp\nsmtp inet n - n - - smtpd\n").services
    (asked,) = backends(Settings({"mailbox_transport": "lmtp:unix:private/lmtp"}), ())
    with ThreadPoolExecutor(1) as pool:
        (found,) = begin_backends((asked,), Settings({}), pool, own_sockets(services, Door()))()
    assert (found.verdict, found.id) == (WRONG, "behind.mailbox_transport")
    assert "Postfix's own" in found.seen


def test_who_answers_and_who_does_not(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as alive, ThreadPoolExecutor(2) as pool:
        port = str(alive.getsockname()[1])
        asked = (
            Backend("smtpd_milters", "127.0.0.1", port),
            Backend("content_filter", path=str(tmp_path / "none")),
        )
        good, dead = begin_backends(asked, Settings({}), pool)()
        assert (good.id, good.verdict) == ("behind.smtpd_milters", RIGHT)
        assert (dead.id, dead.verdict) == ("behind.content_filter", WRONG)
        assert "No such file or directory" in dead.seen
        alive.close()
        passed = Settings({"milter_default_action": "accept"})
        (over,) = begin_backends(asked[:1], passed, pool)()
        assert (over.verdict, "Connection refused" in over.seen) == (WARNING, True)
        assert f"127.0.0.1:{port}" in over.advice


CLOSED = {
    "a socket of another user": (0o755, 0o600, "mode|group", "s"),
    "a socket that none may write": (0o755, 0o444, "mode|group", "s"),
    "a socket for its group alone": (0o755, 0o660, "mode|group", "s"),
    "a directory of another user": (0o700, 0o666, r"chmod o\+x", "d"),
}


@pytest.mark.skipif(os.geteuid() != 0, reason="root connects to any socket, as a check does")
@pytest.mark.parametrize(("directory", "mode", "words", "what"), CLOSED.values(), ids=CLOSED)
def test_a_program_that_listens_and_is_closed_to_postfix(
    directory: int, mode: int, words: str, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told to start what runs: the mode of the socket, or of a directory, is the fault."""
    monkeypatch.setattr(sockets, "identity", lambda *_: sockets.Identity(4711, frozenset({4711})))
    with (
        tempfile.TemporaryDirectory(dir="/run") as place,
        socket.socket(socket.AF_UNIX) as listener,
        ThreadPoolExecutor(1) as pool,
    ):
        path = Path(place, "d", "s")
        path.parent.mkdir()
        Path(place).chmod(0o755)
        listener.bind(str(path))
        listener.listen()
        path.parent.chmod(directory)
        path.chmod(mode)
        for name in ("smtpd_milters", "content_filter", "virtual_transport"):
            (found,) = begin_backends((Backend(name, path=str(path)),), Settings({}), pool)()
            assert (found.verdict, "is closed to postfix" in found.seen) == (WRONG, True)
            assert "Start what listens" not in found.advice
            assert re.search(words, found.advice)
            assert str(path if what == "s" else path.parent) in found.advice
            opens = (("chmod", "o+x", str(path.parent)),) if what == "d" else ()
            (cured,) = advised((found,), Known(Settings({name: f"unix:{path}"})))
            assert cured.cure.commands == opens, "the program that runs is the one that is wanted"
        path.parent.chmod(0o755)
        path.chmod(0o666)
        (found,) = begin_backends((Backend("smtpd_milters", path=str(path)),), Settings({}), pool)()
        assert found.verdict == RIGHT


@pytest.mark.parametrize(
    ("level", "verdict"), [("", WRONG), ("0", WRONG), ("1", RIGHT), ("3.6", RIGHT)]
)
def test_a_column_that_is_not_set_is_what_postfix_makes_of_it(
    tmp_path: Path, level: str, verdict: str
) -> None:
    master = MASTER.replace("smtp unix - - n", "smtp unix - - -")
    own = {"compatibility_level": level} if level else {}
    found = {one.id: one.verdict for one in judged(master, tmp_path, **own)}
    assert found["master.cf.chroot"] == verdict


@pytest.mark.parametrize(
    ("was", "now", "verdict"),
    [
        ("cleanup unix n -", "cleanup unix y -", WRONG),
        ("rewrite unix - -", "rewrite unix n -", WRONG),
        ("rewrite unix - -", "rewrite unix y -", RIGHT),
        ("local unix - n", "local unix - -", WRONG),
        ("local unix - n n", "local unix - n y", WRONG),
        ("proxymap unix - - n", "proxymap unix - - y", WRONG),
        ("error unix - - n", "error unix - - y", RIGHT),
        ("bounce unix - - n - 0", "bounce unix - - n - 10", WRONG),
        ("qmgr unix n - n 300 1", "qmgr unix n - n 300 5", WRONG),
        ("qmgr unix n - n 300 1", "qmgr unix n - n 120 1", RIGHT),
        ("qmgr unix n - n 300", "qmgr unix n - n 0", WARNING),
        ("pickup unix n - n 60", "pickup unix n - n -", WARNING),
        ("pickup unix n", "pickup fifo n", RIGHT),
        ("lmtp unix - - n - -", "lmtp unix - - n - 20", RIGHT),
    ],
)
def test_columns_of_own_services(tmp_path: Path, was: str, now: str, verdict: str) -> None:
    assert was in MASTER
    found = bad(judged(MASTER.replace(was, now), tmp_path))
    name = was.partition(" ")[0]
    assert {key: said[0] for key, said in found.items()} == (
        {} if verdict == RIGHT else {f"master.cf.{name}": verdict}
    )


def test_columns_are_set_back(tmp_path: Path) -> None:
    """The cure names each column by the words of postconf(1)."""
    master = MASTER.replace("local unix - n n", "local unix - - y")
    (found,) = (one for one in judged(master, tmp_path) if one.id == "master.cf.local")
    assert found.cure.commands == (
        ("postconf", "-F", "local/unix/unprivileged=n"),
        ("postconf", "-F", "local/unix/chroot=n"),
        ("systemctl", "restart", "postfix"),
    )


def test_users_in_the_chroot_of_proxymap(tmp_path: Path) -> None:
    path = tmp_path / "var/spool/postfix/etc/passwd"
    path.parent.mkdir(parents=True)
    path.touch()
    assert not bad(judged(MASTER.replace("proxymap unix - - n", "proxymap unix - - y"), tmp_path))


@pytest.mark.parametrize("name", OPTIONAL)
def test_a_service_that_mail_can_do_without(tmp_path: Path, name: str) -> None:
    found = bad(judged(MASTER.replace(f"\n{name} unix", f"\n#{name} unix"), tmp_path))
    assert {key: verdict for key, (verdict, _) in found.items()} == {f"master.cf.{name}": WARNING}


def test_what_postscreen_calls(tmp_path: Path) -> None:
    screened = MASTER.replace("smtp inet n - n - - smtpd", "smtp inet n - n - 1 postscreen")
    assert not bad(judged(screened, tmp_path)).keys() & {"master.cf.tlsproxy", "master.cf.dnsblog"}
    own = {"smtpd_tls_security_level": "may", "postscreen_dnsbl_sites": "zen.spamhaus.org"}
    found = bad(judged(screened, tmp_path, **own))
    assert found.keys() >= {"master.cf.tlsproxy", "master.cf.dnsblog"}


def test_a_service_that_logs_each_step(tmp_path: Path) -> None:
    loud = MASTER.replace("- - smtpd\nsub", "- - smtpd -v -o { smtpd_banner = x y }\nsub")
    (found,) = (one for one in judged(loud, tmp_path) if one.verdict != RIGHT)
    assert (found.id, found.verdict) == ("master.cf.verbose", WARNING)
    assert found.cure.commands[0][2] == "smtp/inet/command=smtpd -o { smtpd_banner = x y }"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("user=daemon argv=/bin/cat", ""),
        ("user=daemon:daemon argv=/bin/cat -u", ""),
        ("user=daemon argv=/none/policyd", "/none/policyd is not there"),
        ("user=no-such-user-7 argv=/bin/cat", "there is no user no-such-user-7 to run it"),
    ],
)
def test_a_program_that_spawn_starts(arguments: str, said: str) -> None:
    entry = f"policy unix - n n - 0 spawn {arguments}\n"
    found = own_sockets(MasterCf.parse(entry.encode()).services, Door())
    assert found.get("/var/spool/postfix/private/policy", "") == said


@pytest.mark.parametrize(
    ("entry", "is_named"),
    [
        ("2525 inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes", True),
        (
            "10025 inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes -o smtpd_tls_security_level=may",
            True,
        ),
        (
            "192.0.2.1:26 inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes -o smtpd_tls_auth_only=no",
            True,
        ),
        (
            "2525 inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes -o smtpd_tls_auth_only=yes",
            False,
        ),
        (
            "2525 inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes -o smtpd_tls_security_level=encrypt",
            False,
        ),
        (
            "2525 inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes -o smtpd_tls_wrappermode=yes",
            False,
        ),
        ("127.0.0.1:2525 inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes", False),
        ("2525 inet n - n - - smtpd", False),
    ],
)
def test_passwords_without_tls(tmp_path: Path, entry: str, *, is_named: bool) -> None:
    refuses = "-o smtpd_recipient_restrictions=permit_sasl_authenticated,reject"
    found = {one.id: one for one in judged(f"{MASTER}{entry} {refuses}\n", tmp_path)}
    assert ("master.cf.cleartext" in found) == is_named
    assert not is_named or found["master.cf.cleartext"].verdict == WARNING
