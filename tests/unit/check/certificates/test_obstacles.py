"""What certbot does not know, and which web server takes its port."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.unit.check.results import ABSENT, told
from wizard.check.certificates import obstacles
from wizard.check.certificates.obstacles import Unknown, unknown_to_certbot, web_server_at_boot
from wizard.check.commands import CommandResult
from wizard.door import Door

LISTED = """
  -m EMAIL, --email EMAIL
  --rsa-key-size N      Size (in bits) of the RSA key.
  --agree-tos           Agree to the ACME Subscriber Agreement
  --directory-hooks
  --dns-cloudflare      Obtain certificates using a DNS TXT record
  --dns-rfc2136-credentials DNS_RFC2136_CREDENTIALS
  --nginx-server-root NGINX_SERVER_ROOT
"""


@pytest.mark.parametrize(
    ("ini", "authenticator", "word"),
    [
        ("no-such-option = yes\n", "standalone", "no_such_option"),
        ("email = a@b.example\nrsa-keysize = 4096\n", "standalone", "rsa_keysize"),
        ("agree_tos = True\nchallenges = dns\n", "webroot", "challenges"),
        ("", "dns-cloudflare", "dns-cloudflare"),
        ("", "dns-route53", "dns-route53"),
        ("email = a@b.example\n", "apache", "apache"),
        ("email = a@b.example\nagree-tos = True\n# nothing = 1\n", "standalone", ""),
        ("no-directory-hooks = True\n", "standalone", ""),
        ("", "dns-rfc2136", ""),
        ("", "nginx", ""),
        ("", "certbot-dns-rfc2136:dns-rfc2136", ""),
    ],
)
def test_what_certbot_does_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ini: str, authenticator: str, word: str
) -> None:
    monkeypatch.setattr(obstacles, "start_command", lambda *_: lambda: told(LISTED))
    (tmp_path / "etc/letsencrypt").mkdir(parents=True)
    (tmp_path / "etc/letsencrypt/cli.ini").write_text(ini)
    what, advice, why = unknown_to_certbot(Door(tmp_path), authenticator)
    assert why == ""
    assert (word in what, bool(what), bool(advice)) == (True, bool(word), bool(word))


@pytest.mark.parametrize("result", [ABSENT, told("")])
def test_without_the_list_nothing_is_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, result: CommandResult
) -> None:
    monkeypatch.setattr(obstacles, "start_command", lambda *_: lambda: result)
    found = unknown_to_certbot(Door(tmp_path), "dns-cloudflare")
    assert (found.seen, bool(found.why)) == ("", True)


def test_certbot_is_not_run_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[Sequence[str]] = []
    monkeypatch.setattr(obstacles, "start_command", lambda _, argv: runs.append(argv))
    for authenticator in ("", "standalone", "webroot", "manual"):
        assert unknown_to_certbot(Door(tmp_path), authenticator) == Unknown()
    assert runs == []


@pytest.mark.parametrize(
    ("links", "hooks", "found"),
    [
        (["httpd.service"], [], "httpd"),
        (["postfix.service", "nginx.service"], [], "nginx"),
        (["caddy.service"], [], "caddy"),
        (["httpd.service"], ["stop-web"], ""),
        (["postfix.service", "httpd-of-old.service"], [], ""),
        ([], [], ""),
    ],
)
def test_a_web_server_at_boot(
    tmp_path: Path, links: list[str], hooks: list[str], found: str
) -> None:
    wants = tmp_path / "etc/systemd/system/multi-user.target.wants"
    before = tmp_path / "etc/letsencrypt/renewal-hooks/pre"
    for place, names in ((wants, links), (before, hooks)):
        place.mkdir(parents=True)
        for name in names:
            (place / name).touch()
    assert web_server_at_boot(Door(tmp_path)) == found
