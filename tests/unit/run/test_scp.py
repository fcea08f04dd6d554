"""What scp and ssh ask and say, and what becomes of it."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from typing import Callable, Optional

import pytest

from wizard.errors import Trouble
from wizard.run.loop import Loop
from wizard.run.output import StepOutput
from wizard.run.scp import complaints, meaning, scp_argv, scp_manner
from wizard.run.terminal import Ask, GiveUp, drive

HOST = "root@old.example"
UNKNOWN = (
    "The authenticity of host 'old.example (10.0.0.2)' can't be established.",
    "ED25519 key fingerprint is SHA256:k3OIF+OnVKt4tPvFc/MBtq1BQxrYxWlTzu2XSuuBjqc.",
    "This key is not known by any other names.",
    "Are you sure you want to continue connecting (yes/no/[fingerprint])? ",
)
PASSWORD = f"{HOST}'s password: "


def nothing() -> Optional[Trouble]:
    return None


def ask(*lines: str) -> Ask:
    decision = scp_manner(HOST, nothing).decide(lines)
    assert isinstance(decision, Ask)
    return decision


@pytest.mark.promise(26)
def test_the_command_accepts_nothing_by_itself() -> None:
    argv = scp_argv(HOST, "/etc/letsencrypt", "/s/etc/", Path("/s/known_hosts"))
    settings = {one.partition("=")[0]: one.partition("=")[2] for one in argv[3::2] if "=" in one}
    assert argv[-3:] == ("--", f"{HOST}:/etc/letsencrypt", "/s/etc/")
    assert settings["StrictHostKeyChecking"] == "ask"
    assert settings["UserKnownHostsFile"] == "/s/known_hosts /root/.ssh/known_hosts"
    assert settings["NumberOfPasswordPrompts"] == "3"
    assert "no" in {settings["UpdateHostKeys"], settings["VerifyHostKeyDNS"]}


@pytest.mark.promise(26)
def test_a_key_is_asked_about_in_sshs_own_words() -> None:
    asked = ask("some banner", *UNKNOWN)
    assert asked.text.splitlines() == [line.rstrip("\n") for line in UNKNOWN]
    assert (asked.echo, asked.no) == (True, "no")
    assert "SHA256:k3OIF" in str(asked.refusal)
    assert "nobody answered" in str(asked.refusal)
    again = ask("Please type 'yes', 'no' or the fingerprint: ")
    assert (again.echo, again.no) == (True, "no")


@pytest.mark.promise(24)
@pytest.mark.parametrize(
    "last",
    [
        PASSWORD,
        "(root@old.example) Password: ",
        "Enter passphrase for key '/root/.ssh/id_ed25519': ",
        "Verification code: ",
    ],
)
def test_a_secret_is_asked_for_unechoed_and_never_refused_with_a_wrong_one(last: str) -> None:
    asked = ask("Permission denied, please try again.", last)
    assert not asked.echo
    assert asked.no == "\x03", "the child is interrupted: an n would be sent as a password"
    assert asked.text.splitlines()[-1].strip() == last.strip()
    assert last.strip() in str(asked.refusal)


def test_a_fourth_password_is_not_asked_for() -> None:
    manner = scp_manner(HOST, nothing)
    assert all(isinstance(manner.decide((PASSWORD,)), Ask) for _ in range(3))
    assert isinstance(manner.decide((PASSWORD,)), GiveUp)


def test_progress_is_no_question() -> None:
    question = scp_manner(HOST, nothing).question
    for line in (
        "cert1.pem   100% 1233   2.1MB/s   00:00    ",
        "cert1.pem   100% 1233   2.1MB/s   00:",
        "password.pem   100% 1233   2.1MB/s   00:",
        "big   0%  8192  1.0KB/s   - stalled -",
        "big   3%   12MB   1.0MB/s   01:09 ETA",
    ):
        assert not question.search(line), line
    for line in (
        UNKNOWN[-1],
        PASSWORD,
        "(root@old) Password: ",
        "(root@old) One-time token: ",
        "Enter passphrase for key '/k': ",
        "Verification code: ",
        "Please type 'yes', 'no' or the fingerprint: ",
    ):
        assert question.search(line), line


MEANINGS = {
    "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.": (
        "is not the one that was accepted before"
    ),
    "Host key verification failed.\nlost connection": "its host key was not accepted",
    "ssh: Could not resolve hostname old: Name or service not known": "no address is known",
    "ssh: connect to host old port 22: Connection refused": "cannot be reached",
    "ssh: connect to host old port 22: Connection timed out\nlost connection": "cannot be reached",
    "root@old: Permission denied (publickey,password).\nlost connection": "password was wrong",
    "Timeout, server old not responding.\nlost connection": "connection broke off",
    "client_loop: send disconnect: Broken pipe\nlost connection": "connection broke off",
    "scp: /s/etc/x: No space left on device": "no room is left",
}


@pytest.mark.parametrize("said", MEANINGS)
def test_what_its_last_words_mean(said: str) -> None:
    found = meaning(HOST, said)
    assert found is not None
    assert MEANINGS[said] in str(found)


def test_what_is_said_of_single_files() -> None:
    lines = (
        "scp: /etc/letsencrypt/archive/x/fifo: not a regular file",
        '/usr/bin/scp: download "/etc/letsencrypt/x/null": not a regular file',
        '/usr/bin/scp: remote stat "/etc/letsencrypt/live/x/gone" failed',
        "cert1.pem   100% 1233   2.1MB/s   00:00",
        *("/usr/bin/scp: Maximum directory depth exceeded: 64 levels",) * 9,
    )
    assert complaints(lines) == (
        "/etc/letsencrypt/archive/x/fifo: not a regular file",
        'download "/etc/letsencrypt/x/null": not a regular file',
        'remote stat "/etc/letsencrypt/live/x/gone" failed',
        "Maximum directory depth exceeded: 64 levels",
    )
    assert meaning(HOST, "\n".join(lines)) is None
    many = complaints(tuple(f"scp: {number}: not a regular file" for number in range(50)))
    assert (len(many), many[-1]) == (21, "and 30 more complaints")


def program(tmp_path: Path, body: str) -> tuple[str, ...]:
    path = tmp_path / "scp.py"
    path.write_text(f"import getpass, os, sys, time\n{body}\n")
    return (sys.executable, str(path))


@pytest.mark.promise(24)
def test_what_is_typed_for_a_password_is_in_no_output(
    loop: Loop, output: StepOutput, tmp_path: Path
) -> None:
    body = f"word = getpass.getpass({PASSWORD!r})\nprint(len(word))"

    def answer(_ask: Ask, _moot: Callable[[], bool]) -> str:
        return "canary-4711"

    argv = program(tmp_path, body)
    assert drive(argv, loop, output, scp_manner(HOST, nothing), answer) == 0
    said = (tmp_path / "output").read_text()
    assert "11" in said.splitlines()[-1]
    assert "canary" not in said


@pytest.mark.promise(26)
def test_nobody_answers_and_nothing_is_sent(loop: Loop, output: StepOutput, tmp_path: Path) -> None:
    body = f"word = getpass.getpass({PASSWORD!r})\nprint('got', repr(word))"

    def silent(_ask: Ask, _moot: Callable[[], bool]) -> None:
        return None

    began = time.monotonic()
    with pytest.raises(Trouble, match="nobody answered"):
        drive(program(tmp_path, body), loop, output, scp_manner(HOST, nothing), silent)
    assert time.monotonic() - began < 10
    assert not re.search("^got", (tmp_path / "output").read_text(), re.MULTILINE)


@pytest.mark.promise(26)
def test_the_fourth_time_the_child_is_interrupted(
    loop: Loop, output: StepOutput, tmp_path: Path
) -> None:
    body = f"while True: print('wrong', len(getpass.getpass({PASSWORD!r})))"
    asked: list[str] = []

    def wrong(question: Ask, _moot: Callable[[], bool]) -> str:
        asked.append(question.text)
        return "wrong"

    with pytest.raises(Trouble, match="the password was wrong"):
        drive(program(tmp_path, body), loop, output, scp_manner(HOST, nothing), wrong)
    assert len(asked) == 3
    assert (tmp_path / "output").read_text().count("wrong 5") == 3


def test_a_copy_that_grows_beyond_reason_is_ended(
    loop: Loop, output: StepOutput, tmp_path: Path
) -> None:
    def watch() -> Optional[Trouble]:
        return Trouble("copying", "too much")

    def unasked(_ask: Ask, _moot: Callable[[], bool]) -> None:
        raise AssertionError("nothing is asked")

    began = time.monotonic()
    with pytest.raises(Trouble, match="too much"):
        drive(program(tmp_path, "time.sleep(60)"), loop, output, scp_manner(HOST, watch), unasked)
    assert time.monotonic() - began < 10
