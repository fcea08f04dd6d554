"""What certbot is called with, whose paths a renewal file names, and what its last words mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.answers.rules import mail, paths, programs
from wizard.certificates.certbot import certonly, names_for, renewal_of
from wizard.run.certbot import refused

TREE = Path("/var/lib/postfix-wizard/gathered/.certbot-0123")
WRITTEN = f"""\
# renew_before_expiry = 30 days
version = 4.0.0
archive_dir = {TREE}/etc/letsencrypt/archive/mail.example.com
cert = {TREE}/etc/letsencrypt/live/mail.example.com/cert.pem

# Options used in the renewal process
[renewalparams]
config_dir = {TREE}/etc/letsencrypt
work_dir = /var/lib/postfix-wizard/runs/1/staging/obtain/work
logs_dir = /var/lib/postfix-wizard/runs/1/staging/obtain/logs
account = 862f02c86c1a039ea21aa618ace08fd6
authenticator = standalone
"""
LAID = """\
# renew_before_expiry = 30 days
version = 4.0.0
archive_dir = /etc/letsencrypt/archive/mail.example.com
cert = /etc/letsencrypt/live/mail.example.com/cert.pem

# Options used in the renewal process
[renewalparams]
account = 862f02c86c1a039ea21aa618ace08fd6
authenticator = standalone
"""
HOOK = "pre_hook = firewall-cmd --zone=public --add-port=80/tcp --timeout=600\n"


def test_a_renewal_file_names_the_paths_that_it_is_renewed_at() -> None:
    assert renewal_of(WRITTEN, TREE, "") == LAID
    opened = LAID.replace("[renewalparams]\n", f"[renewalparams]\n{HOOK}")
    assert renewal_of(WRITTEN, TREE, "public") == opened


@pytest.mark.parametrize("text", ["", "[renewalparams]\nother = " + str(TREE)])
def test_a_renewal_file_that_is_not_known_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no renewal file"):
        renewal_of(text, TREE, "")


def test_names() -> None:
    assert names_for("mail.example.com", "example.com") == ("mail.example.com", "example.com")
    assert names_for("mail.example.com", "mail.example.com") == ("mail.example.com",)
    assert names_for("mail.example.com", "mail") == ("mail.example.com",)


def test_argv() -> None:
    argv = certonly("a", ("a.example",), webroot="/w", email="x@y.z", tree="T", aside="A",
                    dry_run=True)  # fmt: skip
    assert argv[:5] == ("certbot", "certonly", "--dry-run", "--webroot", "--webroot-path")
    assert argv[argv.index("-m") :][:3] == ("-m", "x@y.z", "--no-eff-email")
    assert "--server" not in argv


OLD = """\
 - The following errors were reported by the server:

   Domain: mail.example.com
   Type:   connection
   Detail: Fetching http://mail.example.com/.well-known/acme-challenge/x: Timeout
   during connect (likely firewall problem)

   To fix these errors, please make sure that your domain name was
Some challenges have failed.
"""
CASES = {
    "a challenge": (OLD, "during connect (likely firewall problem)", "port 80 comes through"),
    "failed too often": (
        (
            "An unexpected error occurred:\nError creating new order :: too many failed authorizations "
            '(5) for "mail.example.com" in the last 1h0m0s, retry after 2026-11-24 14:00:00 UTC: see '
            "https://letsencrypt.org/docs/rate-limits/"
        ),
        "too many failed authorizations (5)",
        "after 2026-11-24 14:00:00 UTC",
    ),
    "the same again": (
        "too many certificates (5) already issued for this exact set of domains in the last 168h",
        "exact set of domains",
        "seven days old",
    ),
    "held": ("Could not bind to port 80 because it is already in use", "port 80", "webroot"),
    "silent": ("", "it said nothing", ""),
}


@pytest.mark.parametrize(("words", "wrong", "advice"), CASES.values(), ids=CASES)
def test_what_its_last_words_mean(words: str, wrong: str, advice: str) -> None:
    trouble = refused("obtaining", tuple(words.splitlines()))
    assert wrong in str(trouble)
    assert advice in str(trouble)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (mail.email, "-oX@example.com"),
        (mail.email, "nobody"),
        (mail.email, "a b@example.com"),
        (programs.acme_server, "http://acme.example.com/dir"),
        (programs.acme_server, "-x"),
        (programs.acme_server, "https://user:secret@acme.example.com/"),
        (programs.acme_server, "https://acme.example.com/\n"),
        (paths.absolute_path, "var/www"),
        (paths.absolute_path, "/var/../etc"),
        (paths.absolute_path, "/var/www;rm"),
    ],
)
def test_bad_input(rule: object, text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        rule(text)  # type: ignore[operator]
