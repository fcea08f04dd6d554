"""Whether certbot has Postfix reload: everything that decides whether a hook runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from wizard.check.certificates.hooks import Hook, judge_hooks, read_hooks
from wizard.check.certificates.jobs import Job
from wizard.door import Door
from wizard.finding import RIGHT, UNKNOWN, WARNING, Finding

DEPLOY = "etc/letsencrypt/renewal-hooks/deploy"
OWN = f"{DEPLOY}/postfix-wizard"
RELOAD = "#!/bin/sh\n# a comment\nexec systemctl reload postfix\n"
JOB = Job("certbot-renew.timer", "certbot", "certbot renew")

Write = Callable[..., None]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def lay(path: str, text: str, mode: int = 0o755) -> None:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
        (tmp_path / path).chmod(mode)

    lay("bin/sh", "")
    return lay


def judged(root: Path, *, job: Job = JOB, **renewal: str) -> Finding:
    return judge_hooks(read_hooks(Door(root), "zeke.ne.jp", renewal, (job,)))


def test_the_wizards_own(tmp_path: Path, write: Write) -> None:
    assert judged(tmp_path).verdict == WARNING
    write(OWN, RELOAD)
    found = judged(tmp_path)
    assert (found.id, found.verdict, found.fatal) == ("certificate.hook", RIGHT, False)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("etc/letsencrypt/cli.ini", "no-directory-hooks = true\n"),
        ("etc/letsencrypt/cli.ini", "no-directory-hooks\n"),
        ("etc/letsencrypt/cli.ini", "no-directory-hooks: yes\n"),
        ("root/.config/letsencrypt/cli.ini", "no-directory-hooks = 1\n"),
        ("etc/sysconfig/certbot", 'CERTBOT_ARGS="--no-directory-hooks"\n'),
    ],
)
def test_the_directory_is_turned_off(tmp_path: Path, write: Write, path: str, text: str) -> None:
    write(OWN, RELOAD)
    write(path, text)
    found = judged(tmp_path)
    assert found.verdict == WARNING
    assert f"/{path}" in found.seen
    assert "--section" not in found.advice


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("etc/letsencrypt/cli.ini", "no-directory-hooks = false\n"),
        ("etc/letsencrypt/cli.ini", "# no-directory-hooks = true\nrsa-key-size = 4096\n"),
        ("etc/sysconfig/certbot", '# CERTBOT_ARGS="--no-directory-hooks"\n'),
    ],
)
def test_it_is_not_turned_off(tmp_path: Path, write: Write, path: str, text: str) -> None:
    write(OWN, RELOAD)
    write(path, text)
    assert judged(tmp_path).verdict == RIGHT


def test_the_job_turns_it_off(tmp_path: Path, write: Write) -> None:
    write(OWN, RELOAD)
    off = Job("certs.timer", "certbot", "certbot renew --no-directory-hooks")
    found = judged(tmp_path, job=off)
    assert found.verdict == WARNING
    assert "certs.timer" in found.seen


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        (f"{DEPLOY}/not-executable", RELOAD, "cannot be executed"),
        (f"{OWN}~", RELOAD, "end in ~"),
        (OWN, RELOAD.replace("/bin/sh", "/usr/bin/fish"), "/usr/bin/fish is missing"),
        (OWN, "#!/bin/sh\nexit 0\nsystemctl reload postfix\n", "does not reload Postfix"),
        (OWN, "#!/bin/sh\n# systemctl reload postfix\n", "does not reload Postfix"),
        (OWN, "#!/bin/sh\nsystemctl reload nginx\n", "does not reload Postfix"),
    ],
)
def test_certbot_does_not_run_it(
    tmp_path: Path, write: Write, path: str, text: str, words: str
) -> None:
    write(path, text, 0o644 if "executable" in path else 0o755)
    found = judged(tmp_path)
    assert found.verdict == WARNING
    assert words in found.seen
    assert found.advice


@pytest.mark.parametrize(
    "text",
    [
        "systemctl reload postfix dovecot",
        "systemctl reload-or-restart postfix.service",
        "postfix reload",
        "/usr/sbin/postfix reload",
        "service postfix reload",
        "systemctl try-restart postfix",
    ],
)
def test_others_ways_to_reload(tmp_path: Path, write: Write, text: str) -> None:
    """By another script, in the renewal file, in cli.ini, on the command line, after it."""
    assert judged(tmp_path, renew_hook=text).verdict == RIGHT
    assert judged(tmp_path, post_hook=text).verdict == RIGHT
    assert judged(tmp_path, pre_hook=text).verdict == WARNING
    for command in (f"certbot renew --deploy-hook '{text}'", f"certbot renew && {text}"):
        assert judged(tmp_path, job=Job("/etc/cron.d/x", "certbot", command)).verdict == RIGHT
    write("etc/sysconfig/certbot", f"DEPLOY_HOOK=\"--deploy-hook '{text}'\"\n")
    assert judged(tmp_path).verdict == RIGHT
    write("etc/sysconfig/certbot", "")
    write("etc/letsencrypt/cli.ini", f"deploy-hook = {text}\n")
    assert judged(tmp_path).verdict == RIGHT
    write("etc/letsencrypt/cli.ini", "")
    write(f"{DEPLOY}/mail", f"#!/bin/sh\n{text}\n")
    assert judged(tmp_path).verdict == RIGHT


@pytest.mark.parametrize(("name", "verdict"), [("zeke.jp", WARNING), ("zeke.ne.jp", RIGHT)])
def test_a_hook_for_one_lineage(tmp_path: Path, write: Write, name: str, verdict: str) -> None:
    condition = f'[ "$RENEWED_LINEAGE" = /etc/letsencrypt/live/{name} ] || exit 0'
    write(OWN, f"#!/bin/sh\n{condition}\nsystemctl reload postfix\n")
    found = judged(tmp_path)
    assert found.verdict == verdict
    assert verdict == RIGHT or "it is for zeke.jp alone" in found.seen


def test_what_a_script_of_others_does_is_not_known(tmp_path: Path, write: Write) -> None:
    write(f"{DEPLOY}/all", "#!/bin/sh\n/usr/local/sbin/reload-everything\n")
    assert judged(tmp_path).verdict == UNKNOWN
    assert judge_hooks((Hook("x", "copy to /etc/postfix"),)).verdict == UNKNOWN
