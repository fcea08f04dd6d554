"""The wizard's screens on real hosts: over ssh, at 80x24, by keys alone, and what came of it.

The program is the one file of scripts/build, as a server would have it.
"""

from __future__ import annotations

import json
import re
import signal
import sys
import time
from pathlib import Path
from typing import Callable, Iterator

import pytest

from lab.host import Host
from tests.lab.login import (
    BACKTAB,
    CLEAR,
    DOWN,
    END,
    ENTER,
    ESCAPE,
    HOME,
    LONG,
    NEXT,
    QUIT,
    SOON,
    SPACE,
    Login,
)

pytestmark = pytest.mark.lab

ROOT = Path(__file__).parents[2]
ZEKE = (ROOT / "examples/zeke.toml").read_text()
BootHost = Callable[..., Host]
BootWizard = Callable[..., Host]
LogIn = Callable[..., Login]

FINGERPRINT = re.compile(r"Fingerprint: (?:[0-9A-F]{4} ){9}[0-9A-F]{4}")
MANY_COLOURS = re.compile(rb"\x1b\[[0-9;]*[34]8;[25];")
FIRST_TIME = "This host was not set up before"
STRANGER = """
import smtplib
server = smtplib.SMTP(timeout=30)
code, banner = server.connect("203.0.113.1", 25)
print(code, banner.decode())
server.ehlo("stranger.example")
print("STARTTLS" if server.has_extn("starttls") else "none")
server.mail("a@stranger.example")
code, words = server.rcpt("b@elsewhere.example")
print(code, words.decode().rpartition(": ")[2])
"""
"""What is offered to a stranger, and what it says to mail for somebody else."""
DRAFT = "/var/lib/postfix-wizard/draft.json"
UNTOUCHED = ("/etc", "/usr", "/root", "/var/lib/postfix-wizard", "/var/spool/postfix")


@pytest.fixture
def boot_wizard(boot_host: BootHost) -> BootWizard:
    """Boot a host that has the program."""

    def boot(**options: object) -> Host:
        return boot_host(pyz=str(ROOT / "dist/postfix-wizard.pyz"), **options)

    return boot


@pytest.fixture
def log_in() -> Iterator[LogIn]:
    """Log in to a host and start the wizard there."""
    logins: list[Login] = []

    def start(host: Host, *words: str, **how: object) -> Login:
        logins.append(Login(host, *words, **how))  # type: ignore[arg-type]
        return logins[-1]

    yield start
    for one in logins:
        one.close()


def wizard(host: Host, *words: str) -> tuple[int, str]:
    done = host.run(["postfix-wizard", *words], timeout=LONG)
    return done.returncode, done.stdout + done.stderr


def value(host: Host, name: str) -> str:
    return host.run(["postconf", "-h", name], check=True).stdout.strip()


def state(host: Host) -> str:
    """Every file that a run might touch, with time, mode, owner, link target and size."""
    return host.run(["find", *UNTOUCHED, "-printf", "%p %T@ %m %u:%g %l %s\\n"]).stdout


def without_its_state(listed: str) -> list[str]:
    """The lines of `state` that are not the program's own directory or the one that it is in."""
    return [one for one in listed.splitlines() if not one.startswith("/var/lib/postfix-wizard ")]


def runs(host: Host) -> list[dict[str, str]]:
    """Return what `runs --json` tells."""
    listed = json.loads(wizard(host, "runs", "--json")[1])["runs"]
    assert isinstance(listed, list)
    return listed


def set_up(host: Host) -> None:
    host.write("/root/zeke.toml", ZEKE, 0o600)
    code, said = wizard(host, "apply", "--answers", "/root/zeke.toml", "--yes")
    assert code == 0, said


def wait_until(what: Callable[[], bool], seconds: float = SOON) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not come to be"
        time.sleep(0.05)


def asked_about_the_key(login: Login) -> str:
    """Walk to the run's screen, where dnf asks whether to trust the signing key."""
    login.see(FIRST_TIME)
    login.walk()
    shown = login.run_plan("This step asks:", "Is this ok [y/N]:")
    assert FINGERPRINT.search(shown.partition("This step asks:")[2]), shown
    return shown


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_a_first_set_up_by_keys_alone(boot_wizard: BootWizard, log_in: LogIn, suite: str) -> None:
    host = boot_wizard(suite=suite)
    login = log_in(host)
    login.see(FIRST_TIME, "not installed")

    login.walk(until="Hostname")
    login.do(CLEAR + "mail.zeke.ne.jp", "myhostname = mail.zeke.ne.jp", "mydomain = zeke.ne.jp")
    login.walk(since="Hostname", until="Domains")
    for name in ("ace", "cafe", "myhome"):
        login.do(f"{name}.zeke.ne.jp{ENTER}", f"[x] {name}.zeke.ne.jp")
    login.walk(since="Domains", until="Networks")
    login.see("[ ] 192.168.1.0/24")
    login.do(BACKTAB + END + SPACE, "[x] 192.168.1.0/24")
    login.walk(since="Networks", until="Certificate")
    login.see("(x) zeke.ne.jp", "/etc/letsencrypt/live/zeke.ne.jp/fullchain.pem")
    login.walk(since="Certificate", until="Blocklists")
    login.see("[x] Spamhaus ZEN")
    login.walk(since="Blocklists", until="More")
    login.see("lmtp:unix:private/dovecot-lmtp")
    login.walk(since="More")

    login.see("postfix, with dnf", "it will start at boot")
    login.do("n", "+myhostname = mail.zeke.ne.jp")
    login.do("3", "+++ /etc/postfix/master.cf (as planned)", "submission inet n")
    login.do("5", "+++ /etc/postfix/sender_access")
    login.do("6", "# dnf install postfix")
    assert host.run(["rpm", "-q", "postfix"]).returncode != 0, "nothing has been written yet"
    login.run_plan("The run is over: DONE")
    login.do(NEXT, "postfix-wizard  Result ", "+ Waiting ", "+ Right ")
    assert "WRONG" not in login.text
    assert login.leave("q") == 0
    assert login.restored

    assert value(host, "myhostname") == "mail.zeke.ne.jp"
    assert value(host, "mydomain") == "zeke.ne.jp"
    assert value(host, "mydestination").split(", ")[4:] == [
        "ace.zeke.ne.jp",
        "cafe.zeke.ne.jp",
        "myhome.zeke.ne.jp",
    ]
    assert set(re.split(r"[, ]+", value(host, "mynetworks"))) == {"127.0.0.0/8", "192.168.1.0/24"}
    assert value(host, "smtpd_tls_cert_file") == "/etc/letsencrypt/live/zeke.ne.jp/fullchain.pem"
    restrictions = value(host, "smtpd_recipient_restrictions")
    assert "bl.spamcop.net" in restrictions
    code, said = wizard(host, "check")
    assert code == 0, said
    code, said = wizard(host, "plan")
    assert code == 0, said
    heard = host.run_outside([sys.executable, "-c", STRANGER], check=True).stdout.splitlines()
    assert heard[:2] == ["220 mail.zeke.ne.jp ESMTP Postfix", "STARTTLS"], heard
    # From Postfix 3.6 on, smtpd_relay_restrictions speak first, and their default defers.
    assert heard[2] in {"454 Relay access denied", "554 Relay access denied"}, heard


def test_dnfs_question_is_answered_in_place(boot_wizard: BootWizard, log_in: LogIn) -> None:
    host = boot_wizard(unimported_key=True)
    login = log_in(host)
    asked_about_the_key(login)
    login.do("y" + ENTER, "The run is over: DONE", seconds=LONG)
    assert host.run(["rpm", "-q", "postfix"]).returncode == 0
    assert login.leave("q") == 0
    assert login.restored
    assert [run["outcome"] for run in runs(host)] == ["done"]


def test_a_no_to_dnfs_question_ends_the_run_in_words(
    boot_wizard: BootWizard, log_in: LogIn
) -> None:
    host = boot_wizard(unimported_key=True)
    login = log_in(host)
    asked_about_the_key(login)
    login.do("n" + ENTER, "The run is over: FAILED", seconds=LONG)
    shown = login.do(NEXT, "FAILED in step 1 of ", ": Install Postfix.", "key")
    assert "Traceback" not in shown
    assert login.leave() == 1
    assert login.restored
    assert host.run(["rpm", "-q", "postfix"]).returncode != 0
    assert host.run(["test", "-e", "/etc/postfix/main.cf"]).returncode != 0


def test_a_killed_connection_leaves_the_run_to_a_second_login(
    boot_wizard: BootWizard, log_in: LogIn
) -> None:
    host = boot_wizard(unimported_key=True)
    first = log_in(host)
    asked_about_the_key(first)
    first.signal(signal.SIGKILL)
    first.ended()
    viewer = ["pgrep", "-f", "^[^ ]*python3? .*postfix-wizard$"]
    wait_until(lambda: host.run(viewer).returncode != 0)
    assert [run["outcome"] for run in runs(host)] == ["running"]

    second = log_in(host)
    second.see("is in progress", "a Attach to the run")
    shown = second.do("a", "This step asks:", "Is this ok [y/N]:")
    assert FINGERPRINT.search(shown.partition("This step asks:")[2]), shown
    second.do(BACKTAB + HOME, "Dependencies resolved.")
    second.do(ESCAPE, "Esc Question")
    second.do("y" + ENTER, "The run is over: DONE", seconds=LONG)
    assert second.leave("q") == 0
    code, said = wizard(host, "check")
    assert code == 0, said
    assert len(runs(host)) == 1


def test_one_name_more_in_domains_runs_only_what_it_needs(
    boot_wizard: BootWizard, log_in: LogIn
) -> None:
    host = boot_wizard()
    set_up(host)
    before = host.run(["stat", "-c", "%y", "/etc/postfix/master.cf"]).stdout
    login = log_in(host)
    login.see("postfix-wizard  Sections", "as planned")
    login.do(DOWN + ENTER, "postfix-wizard  Domains", "[x] cafe.zeke.ne.jp")
    login.do("mx.zeke.ne.jp" + ENTER, "[x] mx.zeke.ne.jp", "Domains     changed")
    login.do(ESCAPE, "Enter Open")
    login.do(END + ENTER, "postfix-wizard  Review", "reload, no interruption")
    login.do("n", "Change 1 of 1", "mx.zeke.ne.jp")
    login.run_plan("The run is over: DONE")
    shown = login.do(ESCAPE, "Enter Output", "Talk to the server")
    steps = re.findall(r"^[ >]+(?:done|FAILED) +(\S.*?)  ", shown, re.MULTILINE)
    assert steps[0].startswith("Let Postfix"), shown
    assert steps[1:] == [
        "Look for queued mail that would bounce (none now)",
        "Write main.cf",
        "Run postfix check",
        "Reload Postfix",
        "Look at the service",
        "Put mail on hold that arrived meanwhile",
        "Talk to the server",
    ], shown
    assert login.leave("q") == 0
    assert value(host, "mydestination").endswith("myhome.zeke.ne.jp, mx.zeke.ne.jp")
    assert host.run(["stat", "-c", "%y", "/etc/postfix/master.cf"]).stdout == before
    code, said = wizard(host, "check")
    assert code == 0, said


def row(shown: str, title: str) -> str:
    """Return a line of the list of sections."""
    return next(line for line in shown.splitlines() if line.startswith(f" {title} "))


@pytest.mark.promise(17)
@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_the_list_of_sections_before_and_after_a_change(
    boot_wizard: BootWizard, log_in: LogIn, suite: str
) -> None:
    """Limits: changed, reviewed and run alone; every other byte of Postfix's files stays."""
    host = boot_wizard(suite=suite)
    set_up(host)
    first = runs(host)[0]["run"]
    host.run(["postconf", "-e", "myorigin = $mydomain"], check=True)
    postfix = host.root / "etc/postfix"
    files = ("main.cf", "master.cf", "sender_access")
    before = {name: (postfix / name).read_bytes() for name in files}

    login = log_in(host)
    shown = login.see("postfix-wizard  Sections", "as planned", f"Last run {first}: done")
    when = f"{first[:4]}-{first[4:6]}-{first[6:8]} {first[9:11]}:{first[11:13]}"
    assert re.search(r"mail.zeke.ne.jp +changed by hand +by hand$", row(shown, "Hostname")), shown
    assert "myorigin is $mydomain; it was left $myhostname." in shown
    assert re.search(rf"10 MiB +as planned +{when}$", row(shown, "Limits")), shown
    assert re.search(rf"192.168.1.0/24 and 1 more +as planned +{when}$", row(shown, "Networks"))
    assert "  waits  " in row(shown, "Delivery"), "Dovecot is not there yet"
    assert re.search(rf"14 of 14 lines .*as planned +{when}$", row(shown, "Policy")), shown
    login.do(DOWN * 6 + ENTER, "postfix-wizard  More", "anvil_rate_time_unit")
    login.do(CLEAR + "30s" + ESCAPE, "Enter Open")
    login.do(HOME + ENTER, "postfix-wizard  Sections", "CHANGED HERE", "Review       Limits")
    login.do(END + ENTER, "postfix-wizard  Review", "main.cf +1 -1")
    login.do("n", "+anvil_rate_time_unit = 30s")
    login.run_plan("The run is over: DONE")
    login.do(NEXT, "postfix-wizard  Result ")
    second = runs(host)[1]["run"]
    shown = login.do(ESCAPE, "postfix-wizard  Sections", f"Last run {second}: done", "as planned")
    when = f"{second[:4]}-{second[4:6]}-{second[6:8]} {second[9:11]}:{second[11:13]}"
    assert re.search(rf"as planned +{when}$", row(shown, "Limits")), shown
    assert "changed by hand" in row(shown, "Hostname"), "this run was not planned for it"
    after = {name: (postfix / name).read_bytes() for name in files}
    changed = before["main.cf"].replace(
        b"\nanvil_rate_time_unit = 60s\n", b"\nanvil_rate_time_unit = 30s\n"
    )
    assert changed != before["main.cf"]
    assert after == {**before, "main.cf": changed}
    assert login.leave("q") == 0
    assert login.restored

    closing = ["firewall-cmd", "-q", "--permanent", "--zone=public", "--remove-service=smtps"]
    host.run(closing, check=True)
    host.run(["firewall-cmd", "-q", "--reload"], check=True)
    code, said = wizard(host, "status", "--json")
    found = {one["section"]: one for one in json.loads(said)["sections"]}
    assert (found["limits"]["state"], found["limits"]["run"]) == ("as planned", second)
    assert (code, found["networks"]["state"]) == (2, "missing"), found["networks"]


@pytest.mark.promise(17)
def test_a_section_is_run_again_as_it_was_left(boot_wizard: BootWizard, log_in: LogIn) -> None:
    """Space on the list; the review asks before a change by hand is put back."""
    host = boot_wizard()
    set_up(host)
    as_left = (host.root / "etc/postfix/main.cf").read_bytes()
    host.run(["postconf", "-e", "myorigin = $mydomain"], check=True)
    login = log_in(host)
    login.see("postfix-wizard  Sections", "changed by hand")
    login.do(SPACE, "TO RUN AGAIN", "Review       Hostname")
    login.do(END + ENTER, "First decide 1 conflict.", "myorigin")
    login.do("t", "you take the planned: myorigin")
    login.run_plan("The run is over: DONE")
    login.do(NEXT, "postfix-wizard  Result ")
    run = runs(host)[1]["run"]
    login.do(ESCAPE, "postfix-wizard  Sections", f"Last run {run}: done", "as planned")
    assert "changed by hand" not in login.text
    assert login.leave("q") == 0
    assert login.restored
    assert (host.root / "etc/postfix/main.cf").read_bytes() == as_left


def test_the_list_on_a_host_that_was_changed_for_the_worse(
    boot_wizard: BootWizard, log_in: LogIn
) -> None:
    """Values that a terminal could obey, a main.cf that Postfix refuses, a damaged journal."""
    host = boot_wizard()
    set_up(host)
    main = host.root / "etc/postfix/main.cf"
    (run,) = runs(host)
    journal = host.root / "var/lib/postfix-wizard/runs" / run["run"] / "journal"
    good, told = main.read_bytes(), journal.read_bytes()

    main.write_bytes(good + b"mailbox_transport = \x1b]0;pwned\x07\x1b[2J" + b"x" * 5000 + b"\n")
    login = log_in(host)
    shown = login.see("changed by hand")
    assert re.search(r" x+\.\.\. +changed by hand +by hand$", row(shown, "Delivery")), shown
    assert b"pwned" not in login.raw
    assert login.leave("q") == 0

    main.write_bytes(good + b"default_process_limit = ${x{}\n")
    login = log_in(host)
    shown = login.see("Postfix refuses main.cf as it is", "as planned", "u Undo")
    assert "UNHEALTHY" in row(shown, "Policy")
    assert login.leave("q") == 0

    main.write_bytes(good)
    journal.write_bytes(told.replace(b"StepStarted", b"StepStartad", 1))
    login = log_in(host)
    shown = login.see("UNREADABLE", "cannot be read", "not known")
    assert "as planned" not in shown
    login.do(ENTER, "postfix-wizard  Hostname", "mail.zeke.ne.jp")
    assert login.leave() == 0


def test_a_dry_run_ends_at_the_review_and_writes_nothing(
    boot_wizard: BootWizard, log_in: LogIn
) -> None:
    host = boot_wizard()
    before = state(host)
    login = log_in(host, "--dry-run")
    login.see(FIRST_TIME, "DRY RUN, changes nothing")
    login.walk()
    shown = login.see("This was a dry run.", "postfix, with dnf")
    assert "r Run" not in shown
    login.do("n", "+myhostname = ")
    login.do("r" + NEXT + "6", "# dnf install postfix")
    assert "Run the plan?" not in login.text
    login.do(QUIT, "is kept as a draft")
    assert login.leave("y") == 0
    assert login.restored
    # What was typed is kept in a dry run too, and nothing else.
    host.run(["rm", DRAFT], check=True)
    host.run(["rmdir", "/var/lib/postfix-wizard"])
    assert without_its_state(state(host)) == without_its_state(before)


def test_a_connection_that_breaks_in_a_form_loses_no_answer(
    boot_wizard: BootWizard, log_in: LogIn
) -> None:
    host = boot_wizard()
    login = log_in(host)
    login.see(FIRST_TIME)
    login.walk(until="Hostname")
    login.do(CLEAR + "mial..zeke", "mial..zeke")
    login.signal(signal.SIGKILL)  # the client's end alone: sshd notices, and hangs the far end up
    login.ended(SOON)
    wait_until(lambda: "mial..zeke" in host.run(["cat", DRAFT]).stdout)
    assert host.run(["stat", "-c", "%a %U", DRAFT], check=True).stdout == "600 root\n"

    code, said = wizard(host, "plan", "--draft")
    assert code == 65
    assert "hostname.myhostname: " in said
    login = log_in(host)
    shown = login.see("Answers that were not run", "They change: Hostname.")
    assert "minute" in shown
    login.do(ENTER, FIRST_TIME)
    login.walk(until="Hostname")
    login.see("mial..zeke")
    login.do(CLEAR + "mail.zeke.ne.jp", "myhostname = mail.zeke.ne.jp")
    login.do(QUIT, "Nothing was run.", "is kept as a draft")
    assert login.leave("y") == 0
    assert "What you typed is kept" in login.text
    assert wizard(host, "status")[1].count("draft") == 0
    host.run(["rm", DRAFT], check=True)
    assert wizard(host, "plan", "--draft")[0] == 66


def test_terminals_of_all_kinds(boot_wizard: BootWizard, log_in: LogIn) -> None:
    host = boot_wizard()
    for term in ("xterm", "linux", "vt220", "screen"):
        login = log_in(host, term=term)
        login.see(FIRST_TIME)
        login.walk()
        login.see("postfix, with dnf")
        login.do(QUIT, "is kept as a draft")
        assert login.leave("y") == 0
        assert login.restored, term
        host.run(["rm", DRAFT], check=True)
        assert not MANY_COLOURS.search(login.raw), f"{term}: more colours than its own sixteen"


def test_a_dumb_terminal_is_offered_the_command_line(
    boot_wizard: BootWizard, log_in: LogIn
) -> None:
    login = log_in(boot_wizard(), term="dumb")
    login.ended(SOON)
    said = login.text.replace("\n", "")
    assert "(TERM is dumb). Set TERM, or: The same without screens:" in said
    assert login.code == 64
    assert b"\x1b[?1049h" not in login.raw


def test_resizes_during_a_run(boot_wizard: BootWizard, log_in: LogIn) -> None:
    login = log_in(boot_wizard(unimported_key=True))
    asked_about_the_key(login)
    for size in ((132, 43), (50, 16), (40, 10), (80, 24)):
        login.resize(size)
        login.see("postfix-wizard  Run ", "Is this ok [y/N]:")
    login.do("y" + ENTER, "The run is over: DONE", seconds=LONG)
    login.resize((100, 30))
    login.do(NEXT, "postfix-wizard  Result ", "+ To look at   4")
    assert login.leave("q") == 0
    assert login.restored
