"""What counts as foreign in a file of another server, and what does not."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest

from wizard.certificates.foreign import foreign_items, other_server, remarks, without_items

CLI = "/etc/letsencrypt/cli.ini"
CONF = "/etc/letsencrypt/renewal/a.conf"
OWN = b"""# renew_before_expiry = 30 days
version = 2.1.0
archive_dir = /etc/letsencrypt/archive/a.example
cert = /etc/letsencrypt/live/a.example/cert.pem
privkey = /etc/letsencrypt/live/a.example/privkey.pem
chain = /etc/letsencrypt/live/a.example/chain.pem
fullchain = /etc/letsencrypt/live/a.example/fullchain.pem

# Options used in the renewal process
[renewalparams]
account = 0123456789abcdef0123456789abcdef
authenticator = standalone
installer = None
server = https://acme-v02.api.letsencrypt.org/directory
key_type = ecdsa
pref_challs = http-01,
http01_port = 80
manual_public_ip_logging_ok = True
dns_cloudflare_propagation_seconds = 60
pre_hook = None
[acme_renewal_information]
ari_retry_after = 2026-11-29T09:00:00
"""
DEBIANS = b"""# Because we are using logrotate for greater flexibility, disable the
# internal certbot logrotation.
max-log-backups = 0
# Adjust interactive output regarding automated renewal
preconfigured-renewal = True
"""


@pytest.mark.parametrize(("path", "text"), [(CONF, OWN), (CLI, DEBIANS), (CLI, b""), (CONF, b"")])
def test_what_certbot_itself_writes_is_not_foreign(path: str, text: bytes) -> None:
    assert foreign_items(path, text, 0o644) == ()


@pytest.mark.promise(36)
@pytest.mark.parametrize(
    "line",
    [
        "pre_hook = x", "post_hook = x", "renew_hook = x", "deploy_hook = x", "deploy-hook = x",
        "manual_auth_hook = x", "manual_cleanup_hook = x", "Pre_Hook = x", "'pre_hook' = x",
        "pre_hook = '''x'''", "pre_hook = %(version)s", "installer = nginx", "installer = apache",
        "webroot_path = /srv/www,", "dns_rfc2136_credentials = /root/x",
        "dns_rfc2136_credentials = x.ini", "config_dir = /srv", "work_dir = /srv/x",
        "logs_dir = /var/log/letsencrypt/../x", "privkey = /etc/letsencrypt/live/../x",
        "cert = /etc/letsencrypt/live/a/cert.pem, /root/x", "cert = %(x)s", "key_path = /x",
        "archive_dir = /etc/letsencrypt/renewal-hooks/deploy", "account = ../../../root",
        "account = %(x)s", "server = https://x/../../root", "server = http://plain.example/",
        "server = https://x/%(version)s", "apache_ctl = x", "nginx_server_root = /x",
        "unknown_plugin = /srv/x", "unknown_plugin = some words", "http01_address = /x",
        "dns_rfc2136_credentials = 5.ini", "certbot_dns_x:dns_x_credentials = x", "renew_before_expiry = /x",
        "pre_hook = None, reboot", 'pre_hook = """None""" reboot', "PRE_HOOK = None # x",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "section", ["", "[renewalparams]", "[renewalparams]\n[[webroot_map]]", "[x]"]
)
def test_an_option_of_a_renewal_file_is_foreign(section: str, line: str) -> None:
    text = f"{section}\n{line}\n".encode()
    (item,) = foreign_items(CONF, text, 0o644)
    assert item.text.partition(" = ")[2] == line.partition("=")[2].strip()
    assert without_items(text, (item,)) == f"{section}\n".encode()


@pytest.mark.promise(36)
@pytest.mark.parametrize(
    "line",
    [
        "pre-hook = x", "pre_hook = x", "--post-hook x", "deploy-hook: x", "renew-hook x",
        "manual-auth-hook = x", "manual-cleanup-hook=x", "deploy-h = x", "pre = x", "post-hoo true",
        "manual-a = 1", "de = reboot", "webroot-path = /srv", "webroot-map = {}", "w = /srv",
        "config = /root/x.ini", "csr = x.pem", "config-dir = /srv", "installer = x", "apache = true",
        "nginx", "nginx = yes", "i = apache", "configurator = x", "no-verify-ssl = true",
        "dns-x-credentials x", "Deploy-Hook = x", "pre-hook", "i", "logs-d = true", "l", "--config-d: 5",
        "no-verify = yes", "configurato = 1", "ser = none", "fullc = false", "inst true", "work=",
        'pre-hook = ["reboot"]', "pre-hook=[]", "deploy-hook ; why", "'pre-hook' = x",
    ],
)  # fmt: skip
def test_an_option_of_cli_ini_is_foreign(line: str) -> None:
    text = f"email = a@example.net\n{line}\nquiet\n".encode()
    (item,) = foreign_items(CLI, text, 0o600)
    assert (item.first, item.last) == (2, 2)


def test_each_item_has_a_name_of_its_own_that_holds_its_text() -> None:
    names = []
    for value in ("x", "x ", "y", "'x'"):
        text = f"pre-hook = {value}\n".encode()
        names += [item.name for item in foreign_items(CLI, text, 0o644)]
    assert all(one != other for one, other in pairwise(sorted(set(names))))
    assert len(set(names)) == 3, "blanks at the end are not certbot's"
    odd = foreign_items("/etc/letsencrypt/renewal-hooks/deploy/a,b c", b"x", 0o755)
    assert "," not in odd[0].name
    paths = ("deploy/a+b", "deploy/a%b", f"deploy/{'x' * 200}a", f"deploy/{'x' * 200}b")
    alike = {
        item.name
        for path in paths
        for item in foreign_items(f"/etc/letsencrypt/renewal-hooks/{path}", b"x", 0o755)
    }
    assert len(alike) == len(paths), "one word does not accept two files"
    assert " " not in odd[0].name


@pytest.mark.parametrize("mode", [0o755, 0o4777, 0o001, 0o010, 0o700])
def test_a_program_is_foreign(mode: int) -> None:
    for path in ("renewal-hooks/pre/x", "renewal-hooks/deploy/.x", "helper.sh"):
        (item,) = foreign_items(f"/etc/letsencrypt/{path}", b"#!/bin/sh\nreboot\n", mode)
        assert (item.text, item.first) == ("#!/bin/sh\nreboot", 0)


@pytest.mark.parametrize("server", ["apache", "nginx"])
def test_what_a_web_server_would_include_is_foreign(server: str) -> None:
    path = f"/etc/letsencrypt/options-ssl-{server}.conf"
    (item,) = foreign_items(path, b'CustomLog "|/root/x" common\n', 0o644)
    assert (item.path, item.first) == (path, 0)


@pytest.mark.parametrize("path", ["renewal-hooks/deploy/x", "cloudflare.ini"])
def test_what_cannot_be_run_is_not(path: str) -> None:
    assert foreign_items(f"/etc/letsencrypt/{path}", b"x", 0o4666) == ()


def test_what_is_shown_is_bounded_and_no_terminal_obeys_it() -> None:
    path = "/etc/letsencrypt/renewal-hooks/deploy/x"
    (item,) = foreign_items(path, b"a\n" * 1000, 0o755)
    assert item.text.endswith("... 900 more lines")
    (item,) = foreign_items(path, b"\x7fELF\0\1", 0o755)
    assert item.text == "(6 bytes, not text)"
    (item,) = foreign_items(path, b"", 0o755)
    assert item.text == "(empty)"
    (item,) = foreign_items(path, b"a" * 9000, 0o755)
    assert item.text.endswith("\n... 1,000 more characters"), "what is not shown is counted"


@pytest.mark.parametrize("text", [b"a = b\rpre-hook = c\n", b"\xff", b"[x\n" + b"\0"])
def test_settings_that_are_not_clear_are_foreign_as_a_whole(text: bytes) -> None:
    for path in (CLI, CONF):
        (item,) = foreign_items(path, text, 0o644)
        assert (item.first, item.last) == (0, 0)


def test_a_secret_is_not_shown() -> None:
    text = b"dns_x_api_token = canary\ndns_x_password=canary\neab-hmac-key = canary\n"
    found = foreign_items(CLI, text, 0o600)
    assert len(found) == 2
    assert "canary" not in repr(found)


def test_what_a_renewal_needs_is_said() -> None:
    text = b"[renewalparams]\nauthenticator = dns-rfc2136\nserver = https://ca.example/dir\n"
    assert list(remarks(CONF, text)) == [
        f"{CONF}: certbot needs its plugin dns-rfc2136 to renew",
        f"{CONF}: certbot renews at https://ca.example/dir",
    ]
    assert other_server(CONF, text) == "https://ca.example/dir"
    assert (list(remarks(CONF, OWN)), other_server(CONF, OWN)) == ([], "")


@pytest.mark.parametrize(
    "server",
    [
        "https://ca.example/x.api.letsencrypt.org/directory",
        "https://acme-v02.api.letsencrypt.org.ca.example/directory",
        "https://ca.example:443/.api.letsencrypt.org/",
        "https://api.letsencrypt.org.example/.api.letsencrypt.org/directory",
    ],
)
def test_a_server_is_not_lets_encrypts_because_its_url_says_so(server: str) -> None:
    text = f"server = {server}\n".encode()
    assert list(remarks(CONF, text)) == [f"{CONF}: certbot renews at {server}"]
    assert other_server(CONF, text) == (server if "/." not in server else "")


HUGE = {
    "brackets": b"[" * 1_000_000,
    "brackets that close": b"[a" + b"]" * 999_000 + b"x",
    "blanks": b"a" + b" " * 999_000 + b"b",
    "quotes": b'"' * 999_999 + b"=",
    "options": b"pre-hook=x\n" * 90_000,
    "open quotes": b"a = '''\n" + b"b\n" * 499_000,
    "commas": b"webroot_path = " + b"," * 999_000,
    "one name": b"a" * 999_000 + b" = x",
    "headers": b"[a]\n" * 249_000,
}


@pytest.mark.parametrize("path", [CLI, CONF])
@pytest.mark.parametrize("kind", HUGE)
def test_a_large_text_costs_little(path: str, kind: str) -> None:
    began = time.process_time()
    found = foreign_items(path, HUGE[kind], 0o644)
    assert time.process_time() - began < 3, "a limit for a busy machine; it takes some 0.1 s"
    assert [item.first for item in found] == [0], "left out as a whole"
    assert all(len(item.text) <= 8050 for item in found)
