"""Each command in the pages for operators is run by a test, or has a reason why not; each message is the program's."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from screens.main import parse
from wizard import cli

ROOT = Path(__file__).parents[2]
PROGRAM = "postfix-wizard"
PAGES = sorted(
    one.relative_to(ROOT).as_posix()
    for one in (ROOT / "README.md", *(ROOT / "docs/howto").glob("*.md"))
)

RUN_BY = {
    f"{PROGRAM} plan": "tests/lab/test_sections.py",
    f"{PROGRAM} apply": "tests/lab/test_sections.py",
    f"{PROGRAM} attach": "tests/lab/test_run.py",
    f"{PROGRAM} resume": "tests/lab/test_run.py",
    f"{PROGRAM} undo": "tests/lab/test_undo.py",
    f"{PROGRAM} check": "tests/lab/test_against.py",
    f"python3 {PROGRAM}.pyz check": "tests/lab/test_against.py",
    f"{PROGRAM} status": "tests/lab/test_status.py",
    f"{PROGRAM} answers": "tests/lab/test_programs.py",
    f"{PROGRAM} move": "tests/lab/test_move.py",
    f"{PROGRAM} log": "tests/lab/test_log.py",
    f"{PROGRAM} runs": "tests/unit/commands/test_prune.py",
    f"{PROGRAM} export": "tests/lab/test_ansible.py",
    "ansible-galaxy collection install": "tests/lab/test_ansible.py",
    "ansible-playbook": "tests/lab/test_ansible.py",
    "ansible-doc": "tests/crash/test_ansible.py",
    f"{PROGRAM} help": "tests/unit/test_manual.py",
    f"{PROGRAM} --version": "tests/crash/test_same_bytes.py",
    f"{PROGRAM} --dry-run": "tests/lab/test_screens.py",
    PROGRAM: "tests/lab/test_screens.py",
    "dnf install ./": "tests/lab/test_package.py",
    "dnf upgrade ./": "tests/lab/test_package.py",
    "dnf remove postfix-wizard": "tests/lab/test_package.py",
    "rpm --import": "tests/lab/test_package.py",
    "rpm -V": "tests/lab/test_package.py",
    "gpg --verify": "tests/lab/test_package.py",
    "sha256sum --check": "tests/lab/test_package.py",
    "scripts/rpm": "tests/lab/test_package.py",
    "scripts/build": "tests/crash/test_same_bytes.py",
    "tar -": "tests/unit/test_document_commands.py",
    "umask 077": "tests/unit/test_document_commands.py",
}
"""By the beginning of a command: the test that runs it, or one of the same kind."""

NOT_RUN = {
    "scripts/test": "it runs this test, too",
    "scripts/try": "it opens a terminal for a person; tests/lab/test_screens.py does the same",
    "scp ": "a copy of a file, as host.push of the lab makes it",
    "ssh -t": "a login, as tests/lab/test_screens.py makes it",
    "sudo ": "no host of the lab has sudo; tests/lab/test_package.py uses its path",
    "cp ": "a copy of a file",
    "rm -r": "a removal of two directories",
    "uv tool install": "pip does the same in tests/crash/test_wheel.py; uv is not in Debian",
    "pipx install": "pip does the same in tests/crash/test_wheel.py",
    "pip list": "it only lists packages",
    "gpg --show-keys": "it prints a fingerprint for a person",
    "gpg --import": "tests/lab/test_package.py has the key in its own directory",
    "rpm --checksig": "it prints its verdict for a person",
    "dnf reinstall ./": "dnf's own; the package's script is that of an upgrade",
    "dnf install dovecot": "the lab has Dovecot from Debian's packages",
    "dnf install certbot": "the lab has certbot from Debian's packages",
    "dnf install epel-release": "tests/lab/test_opendkim_package.py enables EPEL",
    "dnf install https://dl.fedoraproject.org/pub/epel/": "as the line before, from the Internet",
    "dnf install oracle-epel-release": "as the line before",
    "certbot renew": "a run calls it; tests/lab/test_renewal.py",
    "chown root": "it changes an owner, as tests/lab/test_bad_input.py does beforehand",
    "diff -r": "it only compares",
    "dmesg": "it only reads",
    "install -": "it makes an empty file, or a directory, for root alone",
    "vi ": "a person edits a file",
    "restorecon": "it sets the labels of the policy, as a run does",
    "systemctl disable --now": "it stops a unit that is not ours",
    "systemctl start firewalld": "it starts firewalld",
    "doveconf": "a run calls it",
    "postconf ": "a run calls it",
    "systemctl reload postfix": "a run calls it",
    "systemctl unmask dovecot": "host.unmask_dovecot of the lab calls it",
    "update-crypto-policies": "no host of the lab has it; docs/limits.md says so",
    "openssl genrsa": "a run calls it",
    "alternatives --set": "a run calls it; tests/lab/test_other_mta.py",
    "postsuper -H": "tests/lab/test_queue.py releases messages by the undo",
    "man ": "tests/unit/test_manual.py reads the pages by man",
}
"""By the beginning of a command: why no test runs it as it is written."""

_BLOCK = re.compile(r"```(\w*)\n(.*?)```|((?:^(?: {4}| {7})[^\n]*\n)+)", re.DOTALL | re.MULTILINE)
_PROMPT = re.compile(r"^\S+[#$]\s+")


def commands_in(text: str) -> Iterator[str]:
    """Yield the command lines of code blocks, and inline code that begins with a command's words."""
    for language, fenced, indented in _BLOCK.findall(text):
        if not language:
            joined = re.sub(r"\\\n\s*", "", fenced or indented)
            yield from (
                _PROMPT.sub("", line.strip()) for line in joined.splitlines() if line.strip()
            )
    inline = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    for code in re.findall(r"`([^`]+)`", inline):
        words = " ".join(code.split())
        if words.split()[0] in {one.split()[0] for one in (*RUN_BY, *NOT_RUN)}:
            yield words


def _entry(command: str) -> str:
    """Return the beginning in the tables that fits best, "" for none."""
    fitting = [one for one in (*RUN_BY, *NOT_RUN) if command.startswith(one)]
    return max(fitting, key=len, default="")


@pytest.mark.parametrize("page", PAGES)
def test_each_command_is_run_by_a_test_or_has_a_reason(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    known = {*_messages()}
    unknown = [
        one for one in commands_in(text) if " " in one and one not in known and not _entry(one)
    ]
    assert unknown == [], "name the test that runs it, or the reason, in this file"


def test_each_named_test_is_there() -> None:
    assert [one for one in RUN_BY.values() if not (ROOT / one).is_file()] == []


def _calls() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for command in commands_in((ROOT / page).read_text(encoding="utf-8")):
            if command.startswith(f"{PROGRAM} ") and not re.search(r"[\[\]|]|\.\.\.", command):
                yield page, command


@pytest.mark.parametrize(("page", "command"), dict.fromkeys(_calls()))
def test_the_program_has_each_option_that_a_page_names(page: str, command: str) -> None:
    """The parser accepts the call; what stands in capitals is a value."""
    del page
    words = shlex.split(command.partition(" >")[0])[1:]
    if words[0] in {"--dry-run", "--answers", "--section"}:
        parse(words)
    else:
        cli.parser().parse_args(words)


@cache
def _said() -> str:
    """Return all texts of the program."""
    return "\0".join(
        node.value
        for top in ("wizard", "screens")
        for path in (ROOT / top).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _messages() -> list[str]:
    text = (ROOT / "docs/howto/when-it-fails.md").read_text(encoding="utf-8")
    return [*re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE), "came to an unforeseen end"]


@pytest.mark.parametrize("message", _messages())
def test_the_program_says_what_the_page_explains(message: str) -> None:
    assert message in _said()


def test_a_backup_is_readable_by_root_alone_and_comes_back(tmp_path: Path) -> None:
    """The commands of docs/howto/backup.md, with their paths below another root."""
    page = (ROOT / "docs/howto/backup.md").read_text(encoding="utf-8")
    save, restore = (one for one in commands_in(page) if one.startswith("tar "))
    assert "umask 077" in commands_in(page)
    files = [
        *("etc/postfix/main.cf", "etc/aliases", "etc/postfix-wizard/answers.toml"),
        *("etc/letsencrypt/live/key", "var/lib/postfix-wizard/key"),
    ]
    for name in files:
        (tmp_path / "old" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "old" / name).write_text(name)
    (tmp_path / "new").mkdir()
    archive = tmp_path / "mail-backup.tar.gz"
    for command, root in ((save, "old"), (restore, "new")):
        here = command.replace("/root/", f"{tmp_path}/").replace("-C /", f"-C {tmp_path / root}")
        subprocess.run(shlex.split(here), umask=0o077, check=True)
    assert archive.stat().st_mode & 0o777 == 0o600
    there = {one.relative_to(tmp_path / "new").as_posix() for one in (tmp_path / "new").rglob("*")}
    assert {"etc/letsencrypt/live/key", "etc/postfix-wizard/answers.toml"} <= there
    assert "var/lib/postfix-wizard" not in there
