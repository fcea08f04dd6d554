"""The values of the list of sections: what is in force, where another parameter takes the place of an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.answers.unsaid import is_unsaid
from wizard.door import Door
from wizard.host.facts import Host
from wizard.host.read import read_host
from wizard.planning.read_back import read_back
from wizard.sections.registry import NEEDS, SECTIONS


def host_of(root: Path, lines: str, **files: str) -> Host:
    """Return a copied /etc with these lines in main.cf, and other files."""
    texts = {"postfix/main.cf": f"myhostname = mail.example.com\n{lines}", **files}
    texts.setdefault("os-release", 'ID=rhel\nVERSION_ID="9.4"\n')
    for name, text in texts.items():
        place = root / "etc" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return read_host(Door(root), NEEDS)


def value(host: Host, name: str) -> str:
    today = read_back(host)
    assert today is not None
    return next(one for one in SECTIONS if one.name == name).value(host, today)


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        ("", "Postfix's own mailbox"),
        ("home_mailbox = Maildir/\n", "Maildir/"),
        ("home_mailbox = Maildir/\nmailbox_transport = lmtp:x\n", "lmtp:x"),
        ("home_mailbox = Maildir/\nmailbox_command = procmail\n", "mailbox_command = procmail"),
        ("mailbox_command = procmail\nmailbox_transport = lmtp:x\n", "lmtp:x"),
        ("local_transport = lmtp:y\nmailbox_transport = lmtp:x\n", "local_transport = lmtp:y"),
        ("local_transport = local:$myhostname\nmailbox_command =\n", "Postfix's own mailbox"),
    ],
)
def test_who_delivers_is_the_first_of_local_8(tmp_path: Path, lines: str, shown: str) -> None:
    assert value(host_of(tmp_path, lines), "delivery") == shown


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        ("alias_maps = hash:/etc/aliases\n", "read by taro"),
        ("alias_maps = nis:x, proxy:hash:/etc/aliases\n", "read by taro"),
        ("", "read by taro"),
        ("alias_maps =\n", "alias_maps = "),
        ("alias_maps = hash:/etc/mail/aliases\n", "alias_maps = hash:/etc/mail/aliases"),
        ("alias_database = hash:/etc/mail/al\n", "alias_database = hash:/etc/mail/al"),
        ("alias_maps = regexp:/etc/aliases\n", "alias_maps = regexp:/etc/aliases"),
    ],
)
def test_a_file_of_aliases_that_is_not_looked_up_names_no_reader(
    tmp_path: Path, lines: str, shown: str
) -> None:
    host = host_of(tmp_path, lines, aliases="root: taro\n")
    today = read_back(host)
    assert today is not None
    assert value(host, "aliases") == shown
    assert is_unsaid(today.aliases.root) == (shown != "read by taro")


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        ("smtpd_tls_chain_files = /etc/a.pem\n", "smtpd_tls_chain_files = /etc/a.pem"),
        ("smtpd_tls_eccert_file = /etc/e.pem\n", "smtpd_tls_eccert_file = /etc/e.pem"),
        (
            "smtpd_tls_cert_file = /etc/a.pem\nsmtpd_tls_chain_files = /etc/c.pem\n",
            "smtpd_tls_chain_files = /etc/c.pem",
        ),
        ("smtpd_tls_cert_file = none\n", "none"),
        ("smtpd_tls_cert_file = /etc/a.pem\nsmtpd_tls_chain_files =\n", "/etc/a.pem"),
    ],
)
def test_the_certificate_is_the_one_that_is_served(tmp_path: Path, lines: str, shown: str) -> None:
    assert value(host_of(tmp_path, lines), "certificate") == shown
