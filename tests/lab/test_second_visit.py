"""The wizard comes back to a host that was changed for the worse: it opens, says why, goes on."""

from __future__ import annotations

import json

import pytest

from lab.host import Host
from tests.lab.login import END, ENTER, QUIT, Login
from tests.lab.program import ANSWERS, BAD, PENDING, ZEKE, BootHost, apply, state, wizard

pytestmark = pytest.mark.lab

MAIN = "/etc/postfix/main.cf"
SAVED = "/etc/postfix-wizard/answers.toml"
LIMITS = "[limits]\nmessage_size_limit = 20971520\n"


def verdicts(host: Host, verdict: str) -> list[str]:
    """Return the ids that `check` gives this verdict, in its order."""
    found = json.loads(wizard(host, "check", "--json")[1])["findings"]
    return [one["id"] for one in found if one["verdict"] == verdict]


def append(host: Host, text: str) -> None:
    """Add a line to main.cf, as an editor would."""
    host.run(["sh", "-c", f"cat >>{MAIN}"], input=text, check=True)


def change_limits(host: Host, *words: str) -> tuple[int, str]:
    """Rerun one section alone, with another value in it."""
    host.write(ANSWERS, ZEKE + LIMITS, 0o600)
    return apply(host, "--section", "limits", *words)


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("a line with no equals sign\n", "missing '=' after attribute name"),
        ("mydestination = $mydestination, x.example.com\n", "macro processing error"),
        ("inet_protocols = $inet_protocols\n", "fatal: "),
    ],
)
def test_a_main_cf_that_postfix_refuses(fresh: Host, line: str, cause: str) -> None:
    """Each command and the screens name the cause, write nothing, and go on once it is mended."""
    assert apply(fresh)[0] == 0
    right = fresh.read(MAIN)
    append(fresh, line)
    before = state(fresh)
    code, said = wizard(fresh, "status")
    assert code == PENDING
    assert cause in " ".join(said.split())
    code, said = change_limits(fresh)
    assert (code, cause in said) == (1, True), said
    assert verdicts(fresh, "wrong")[0] == "main.cf"
    assert fresh.read(MAIN) == right + line
    code, said = wizard(fresh, "undo", "--yes")
    assert (code, f"+{line}" in said) == (1, True), "an edit is never lost, and shown"
    login = Login(fresh)
    try:
        login.see("postfix-wizard  Sections", "Postfix refuses main.cf as it is", "as planned")
        login.do(END, "UNHEALTHY")
        login.do(ENTER, "postfix-wizard  Review", "This plan cannot run: 1 problem")
        login.see("IN THE WAY: Postfix itself refuses main.cf")
        assert login.leave(QUIT + "y") == 0
    finally:
        login.close()
    assert [one for one in state(fresh) if one not in before and ANSWERS not in one] == []
    fresh.write(MAIN, right)
    assert wizard(fresh, "undo", "--yes")[0] == 0
    assert fresh.run(["postconf", "-n"]).stderr == ""


def test_a_parameter_that_stands_twice(fresh: Host) -> None:
    """The last one counts: a rerun asks about its own section's, and leaves every other's alone."""
    assert apply(fresh)[0] == 0
    append(fresh, "\nmessage_size_limit = 1000000\nmyhostname = other.example.com\n")
    assert "main.cf.myhostname" in verdicts(fresh, "warning")
    before = fresh.read(MAIN)
    code, said = change_limits(fresh)
    assert (code, "Conflict in /etc/postfix/main.cf" in said) == (1, True), said
    assert fresh.read(MAIN) == before
    change_limits(fresh, "--take-planned")
    # The line that counts says what the section says now; myhostname is another section's.
    assert fresh.read(MAIN) == before.replace("= 1000000\n", "= 20971520\n")
    assert fresh.run(["postconf", "-h", "myhostname"]).stdout == "other.example.com\n"


def test_a_file_that_another_user_owns(fresh: Host) -> None:
    """It is told by `status`, and its owner stays as it is when a section is changed."""
    assert apply(fresh)[0] == 0
    fresh.run(["chmod", "g+w", MAIN], check=True)
    code, said = wizard(fresh, "status")
    assert code == PENDING
    assert "others than root may write it" in " ".join(said.split())
    fresh.run(["chown", "games", MAIN], check=True)
    code, said = wizard(fresh, "status")
    assert code == PENDING
    assert "belongs to the user with UID" in " ".join(said.split())
    change_limits(fresh)
    status = (fresh.root / MAIN.lstrip("/")).stat()
    assert status.st_mode & 0o777 == 0o664


def test_answers_of_another_version(fresh: Host) -> None:
    """A saved file with a section that is not known is refused by its line, and hurts no server."""
    assert apply(fresh)[0] == 0
    fresh.write(SAVED, fresh.read(SAVED) + '\n[queue]\nlifetime = "5d"\n', 0o600)
    before = state(fresh)
    for words in (("plan",), ("apply", "--yes"), ("check",)):
        code, said = wizard(fresh, *words)
        assert (code, "answers.toml:" in said, "no section [queue]" in said) == (BAD, True, True)
    assert wizard(fresh, "status")[0] == PENDING
    assert state(fresh) == before
    # Of an older one: fewer sections. The host says what they do not.
    older = "".join(ZEKE.partition("[blocklists]")[:1])
    fresh.write(ANSWERS, older, 0o600)
    assert change_limits(fresh)[0] == 0


def test_a_lineage_that_disappeared(fresh: Host) -> None:
    """What needs it says so; what does not is changed all the same."""
    assert apply(fresh)[0] == 0
    fresh.run(["mv", "/etc/letsencrypt", "/root/away"], check=True)
    code, said = wizard(fresh, "plan")
    assert (code, "live/zeke.ne.jp does not exist" in said) == (BAD, True)
    code, said = wizard(fresh, "status")
    assert (code, "/etc/letsencrypt/live/zeke.ne.jp" in said) == (PENDING, True)
    assert wizard(fresh, "plan", "--section", "limits")[0] == 0
    change_limits(fresh)
    assert "message_size_limit = 20971520" in fresh.read(MAIN)


def test_a_zone_that_firewalld_no_longer_has(boot_host: BootHost) -> None:
    """The zone of the answers is gone: named wherever it matters, and no other is touched."""
    host = boot_host(pyz="dist/postfix-wizard.pyz")
    change = [f"--change-interface={one}" for one in ("enp0s3", "enp0s8")]
    for words in (["--new-zone=mail"], ["--zone=mail", *change]):
        host.run(["firewall-cmd", "-q", "--permanent", *words], check=True)
    host.run(["firewall-cmd", "-q", "--reload"], check=True)
    host.write(ANSWERS, ZEKE.replace('"public"', '"mail"'), 0o600)
    assert apply(host, "--accept", "firewall-zone=mail")[0] == 0
    host.run(["firewall-cmd", "-q", "--permanent", "--delete-zone=mail"], check=True)
    host.run(["firewall-cmd", "-q", "--reload"], check=True)
    code, said = wizard(host, "plan")
    assert (code, "firewalld has no zone mail" in said) == (BAD, True)
    code, said = wizard(host, "status")
    assert (code, "firewalld has no zone mail" in said) == (PENDING, True)
    assert any(name.startswith("firewall") for name in verdicts(host, "wrong"))
    assert change_limits(host)[0] in {0, 1}
    assert "message_size_limit = 20971520" in host.read(MAIN)
    zones = host.run(["firewall-cmd", "--list-all-zones"]).stdout
    assert "smtps" not in zones
