"""A hand-made plan, run for real: dnf, postmap, systemd and firewalld on a booted host."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import tarfile
import time
from pathlib import Path
from typing import Any, Callable

import pexpect
import pytest

from lab import stock
from lab.host import Host
from wizard.plan.actions import (
    BuildTable,
    Command,
    EnableUnit,
    Install,
    KeepOriginal,
    OpenFirewall,
    PostfixCheck,
    ReplaceFile,
    Service,
    StagedCheck,
)
from wizard.plan.certificate_actions import Relink, SelfSign
from wizard.plan.files import Link, NewFile
from wizard.plan.model import Action, Plan, Step
from wizard.plan.wire import plan_to_bytes

pytestmark = pytest.mark.lab

BootHost = Callable[..., Host]
SUITES = pytest.mark.parametrize("suite", ["el9", "el10"])
ROOT = Path(__file__).resolve().parents[2]
HOME = "/opt/postfix-wizard"
TABLES = {"el9": ("hash", ".db"), "el10": ("lmdb", ".lmdb")}

DRIVER = f"""\
import json, sys, time
sys.path.insert(0, {HOME!r})
from wizard.errors import Trouble
from wizard.plan.wire import plan_from_bytes
from wizard.run.context import Patience
from wizard.run.follow import follow
from wizard.run.launch import launch
from wizard.run.lock import request_stop
from wizard.run.paths import Places
from wizard.run.prompts import send_answer
from wizard.run.worker import main, work

def start(attended):
    plan = plan_from_bytes(open("{HOME}/plan.json", "rb").read())
    program = ("/usr/bin/python3", "{HOME}/driver.py")
    print(launch(Places(), plan, program, attended=attended == "attended"))

def watch(run, answer=""):
    for event in follow(Places(), run):
        print(json.dumps([type(event).__name__, event.__dict__], default=str), flush=True)
        if type(event).__name__ == "Prompted" and answer:
            print(json.dumps(["Sent", send_answer(Places(), run, event.prompt, answer)]))

def worker(run):
    return work(Places(), run, Patience(prompt=3.0, lock=6.0))

def stop():
    print(request_stop(Places()))

try:
    sys.exit({{"start": start, "watch": watch, "worker": worker, "stop": stop}}[sys.argv[1]](*sys.argv[2:]))
except Trouble as trouble:
    print(trouble, file=sys.stderr)
    sys.exit(trouble.exit_code)
"""


def carry(host: Host) -> None:
    """Bring the program and what it runs on into the host."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for source in (
            ROOT / "wizard",
            Path(pexpect.__file__).parent,
            Path(pexpect.__file__).parents[1] / "ptyprocess",
            Path(pexpect.__file__).parents[1] / "tomlkit",
            Path(pexpect.__file__).parents[1] / "distro",
        ):
            tar.add(
                source, source.name, filter=lambda one: None if "__pycache__" in one.name else one
            )
    host.write(f"{HOME}/program.tar", packed.getvalue())
    host.run(["tar", "xf", f"{HOME}/program.tar", "-C", HOME], check=True)
    host.write(f"{HOME}/driver.py", DRIVER)


def driver(*words: str) -> list[str]:
    return ["/usr/bin/python3", f"{HOME}/driver.py", *words]


def begin(host: Host, plan: Plan, how: str = "unattended") -> str:
    """Start a run of the plan and return its ID."""
    host.write(f"{HOME}/plan.json", plan_to_bytes(plan))
    return host.run(driver("start", how), check=True).stdout.strip()


def await_output(host: Host, run: str, words: str) -> None:
    """Wait until the step `install` has said something that matches."""
    said = f"/var/lib/postfix-wizard/runs/{run}/output/install"
    wait = f"until grep -q '{words}' {said}; do sleep 0.05; done"
    host.run(["sh", "-c", wait], check=True, timeout=60)


def watch(host: Host, run: str, answer: str = "") -> list[tuple[str, Any]]:
    """Follow a run to its end and return its events, as (kind, fields)."""
    said = host.run(driver("watch", run, answer), check=True, timeout=120).stdout
    return [(kind, fields) for kind, fields in map(json.loads, said.splitlines())]


def end(events: list[tuple[str, Any]]) -> tuple[str, str]:
    kind, fields = events[-1]
    assert kind == "RunFinished"
    return fields["outcome"], fields["message"]


def output(events: list[tuple[str, Any]], step: str) -> str:
    lines = [
        line
        for kind, fields in events
        if kind == "Output" and fields["step"] == step
        for line in fields["lines"]
    ]
    return "\n".join(lines)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def shipped(suite: str, name: str) -> bytes:
    return (stock.stock_files(suite) / name).read_bytes()


def install(suite: str) -> tuple[str, Action]:
    lays = tuple(
        (f"/etc/postfix/{name}", sha256(shipped(suite, name))) for name in ("main.cf", "master.cf")
    )
    return "install", Install("postfix", ("dnf", "install", "postfix"), lays)


def plan(*actions: tuple[str, Action]) -> Plan:
    steps = tuple(Step(name, name, "why", action) for name, action in actions)
    return Plan("# answers\n", (), steps, ())


def set_up(host: Host, suite: str) -> Plan:
    """Return a first set-up in small: every kind of action but the checks."""
    kind, _ = TABLES[suite]
    old = shipped(suite, "main.cf")
    new = old.replace(b"inet_interfaces = localhost", b"inet_interfaces = all") + (
        b"# \xff\r\nmyhostname = ace.zeke.ne.jp\nsmtpd_recipient_restrictions =\n"
        + f"    permit_mynetworks, reject_unauth_destination,\n    check_sender_access {kind}:/etc/postfix/sender_access\n".encode()
    )
    main_cf = NewFile("/etc/postfix/main.cf", new, sha256(old))
    master = shipped(suite, "master.cf")
    master_cf = NewFile("/etc/postfix/master.cf", master, sha256(master))
    access = NewFile(
        "/etc/postfix/sender_access", b"# rows\nExample.com OK\nexample.net REJECT  no\n", None
    )
    rows = (("example.com", "OK"), ("example.net", "REJECT  no"))
    lineage = "zeke.ne.jp"
    live = f"/etc/letsencrypt/live/{lineage}"
    names = [
        line for line in host.run(["ls", live], check=True).stdout.split() if line.endswith(".pem")
    ]
    number = max(
        int(re.findall(r"\d+", name)[0])
        for name in host.run(
            ["ls", f"/etc/letsencrypt/archive/{lineage}"], check=True
        ).stdout.split()
    )
    links = tuple(
        Link(
            f"{live}/{name}",
            f"../../archive/{lineage}/{name[:-4]}{number}.pem",
            f"file:{sha256(host.read(f'{live}/{name}').encode())}",
        )
        for name in names
    )
    expected = (
        ("inet_interfaces", "all"),
        ("myhostname", "ace.zeke.ne.jp"),
        ("smtp/inet", "smtp inet n - n - - smtpd"),
    )
    tolerated = tuple(
        f"postconf: warning: /etc/postfix/{file}: undefined parameter: mua_{one}_restrictions"
        for file in ("main.cf", "master.cf")
        for one in ("sender", "client", "helo")
    )
    return plan(
        install(suite),
        ("links", Relink(lineage, links)),
        (
            "sign",
            SelfSign(
                "/etc/pki/tls/certs/try.pem",
                "/etc/pki/tls/private/try.key",
                ("ace.zeke.ne.jp",),
                30,
            ),
        ),
        ("staged", StagedCheck((main_cf, master_cf), expected, tolerated)),
        ("orig", KeepOriginal("/etc/postfix/main.cf", "/etc/postfix/main.cf.orig", sha256(old))),
        ("access", ReplaceFile(access)),
        ("main.cf", ReplaceFile(main_cf)),
        ("table", BuildTable(kind, "/etc/postfix/sender_access", rows)),
        ("enable", EnableUnit("postfix", "disabled")),
        ("start", Service("start", "postfix", "inactive")),
        ("check", PostfixCheck(("/etc/postfix/main.cf",))),
        (
            "firewall",
            OpenFirewall("public", ("smtp", "smtp-submission"), ("smtp", "smtp-submission")),
        ),
    )


@pytest.mark.promise(11, 20, 24)
@SUITES
def test_a_first_set_up_is_run_as_planned(boot_host: BootHost, suite: str) -> None:
    host = boot_host(suite=suite)
    carry(host)
    wanted = set_up(host, suite)
    run = begin(host, wanted)
    events = watch(host, run)
    assert end(events) == ("done", ""), output(events, "staged") + output(events, "check")
    finished = {f["step"]: f for kind, f in events if kind == "StepFinished"}
    assert list(finished) == [step.id for step in wanted.steps]

    new = next(s.action.file.text for s in wanted.steps if s.id == "main.cf")  # type: ignore[union-attr]
    assert host.run(["sha256sum", "/etc/postfix/main.cf"]).stdout.split()[0] == sha256(new)
    kept = host.run(["sha256sum", "/etc/postfix/main.cf.orig"]).stdout.split()[0]
    assert kept == sha256(shipped(suite, "main.cf"))
    kind, suffix = TABLES[suite]
    query = ["postmap", "-q", "EXAMPLE.net", f"{kind}:/etc/postfix/sender_access"]
    assert host.run(query).stdout == "REJECT  no\n"
    status = host.run(["stat", "-c", "%U %G %a", f"/etc/postfix/sender_access{suffix}"]).stdout
    assert status == "root root 644\n"
    changed = host.run(["rpm", "-V", "postfix"]).stdout.split()
    assert changed == ["S.5....T.", "c", "/etc/postfix/main.cf"]
    assert host.run(["systemctl", "is-active", "postfix"]).stdout == "active\n"
    assert host.run(["systemctl", "is-enabled", "postfix"]).stdout == "enabled\n"
    assert "smtp smtp-submission" in " ".join(
        sorted(host.run(["firewall-cmd", "--zone=public", "--list-services"]).stdout.split())
    )
    assert output(events, "firewall").count("Zone public lets in: ") == 2
    links = host.run(["readlink", "-e", "/etc/letsencrypt/live/zeke.ne.jp/privkey.pem"]).stdout
    assert links.startswith("/etc/letsencrypt/archive/zeke.ne.jp/privkey")
    assert host.run(["stat", "-c", "%a", "/etc/pki/tls/private/try.key"]).stdout == "600\n"
    assert "Complete!" in output(events, "install")
    modes = host.run(["find", "/var/lib/postfix-wizard", "-perm", "/077"]).stdout
    assert modes == ""
    private = host.read("/etc/letsencrypt/live/zeke.ne.jp/privkey.pem").splitlines()[3]
    told = host.run(["grep", "-rlF", private, "/var/lib/postfix-wizard"]).stdout
    assert all("/replaced/" in path for path in told.splitlines())
    journal = host.run(["journalctl", "-o", "cat", "--no-pager", "-u", f"postfix-wizard-{run}"])
    assert "Traceback" not in journal.stdout
    assert (
        host.run(
            ["find", "/etc/postfix", "/etc/letsencrypt", "/etc/pki", "-name", ".*wizard*"]
        ).stdout
        == ""
    )


@SUITES
def test_the_operator_is_asked_about_the_key(boot_host: BootHost, suite: str) -> None:
    host = boot_host(suite=suite, unimported_key=True)
    carry(host)
    events = watch(host, begin(host, plan(install(suite)), "attended"), "y")
    assert end(events) == ("done", "")
    (asked,) = [fields for kind, fields in events if kind == "Prompted"]
    assert re.search(
        r"Importing GPG key 0x[0-9A-F]+:\n Userid .*\n Fingerprint: .*\n From ", asked["text"]
    )
    assert asked["text"].endswith("Is this ok [y/N]: ")
    assert ("Sent", True) in events
    assert host.run(["rpm", "-q", "postfix"]).returncode == 0


@pytest.mark.lab(unimported_key=True)
def test_a_key_that_nobody_trusts_stops_the_run(host: Host) -> None:
    carry(host)
    for how, least in (("unattended", 0.0), ("attended", 3.0)):
        events = watch(host, begin(host, plan(install("el9")), how))
        outcome, message = end(events)
        assert outcome == "failed"
        assert re.search(r"signing key 0x[0-9A-F]+, fingerprint [0-9A-F ]{40,}", message)
        assert "rpm --import /etc/pki/rpm-gpg/RPM-GPG-KEY-lab" in message
        seconds = next(f["seconds"] for kind, f in events if kind == "StepFinished")
        assert seconds >= least
        assert host.run(["rpm", "-q", "postfix"]).returncode == 1


@pytest.mark.promise(14)
def test_other_files_than_those_planned_with_are_stale(host: Host) -> None:
    carry(host)
    lays = (("/etc/postfix/main.cf", sha256(b"another")),)
    action = Install("postfix", ("dnf", "install", "postfix"), lays)
    events = watch(host, begin(host, plan(("install", action), ("never", Command(("true",))))))
    outcome, message = end(events)
    assert outcome == "failed"
    assert "stale: dnf laid another /etc/postfix/main.cf" in message.splitlines()[0]
    assert "never" not in [f["step"] for kind, f in events if kind == "StepStarted"]


@pytest.mark.promise(1)
def test_a_worker_killed_in_mid_dnf_leaves_dnf_to_finish_and_installs_again(host: Host) -> None:
    carry(host)
    run = begin(host, plan(install("el9")))
    pid = ""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        text = host.run(
            ["sh", "-c", f"cat /var/lib/postfix-wizard/runs/{run}/output/install"]
        ).stdout
        if "Running transaction" in text:
            pid = host.run(
                ["systemctl", "show", "-p", "MainPID", "--value", f"postfix-wizard-{run}"]
            ).stdout.strip()
            break
    assert pid not in {"", "0"}
    host.run(["kill", "-9", pid], check=True)
    outcome, message = end(watch(host, run))
    assert outcome == "died"
    assert "`postfix-wizard resume` goes on where it stopped" in message
    again = subprocess.run(
        host.argv(driver("worker", run)), capture_output=True, text=True, timeout=60, check=False
    )
    assert again.returncode == 0, again.stderr
    assert "reinstall" in host.read(f"/var/lib/postfix-wizard/runs/{run}/output/install")
    # What only %post makes is there: the scriptlets ran to their end.
    assert host.run(["test", "-s", "/etc/pki/tls/certs/postfix.pem"]).returncode == 0


HOLDS_DNF = "import os, time; open('/var/cache/dnf/metadata_lock.pid', 'w').write(str(os.getpid()))"
HOLDS_RPM = "import fcntl, time; file = open('/var/lib/rpm/.rpm.lock', 'r+'); fcntl.lockf(file, fcntl.LOCK_EX)"


@pytest.mark.promise(7)
@pytest.mark.parametrize(
    ("holds", "says"),
    [
        (HOLDS_DNF, "another program holds dnf's or rpm's lock for more than 6 seconds"),
        (HOLDS_RPM, "holds rpm's lock, for 6 seconds and more"),
    ],
    ids=["dnf", "rpm"],
)
def test_another_lock_holder_is_waited_for_and_not_for_ever(
    host: Host, holds: str, says: str
) -> None:
    carry(host)
    script = f"import sys; {holds}; print('held', flush=True); sys.stdin.read()"
    holder = host.argv(["/usr/bin/python3", "-c", script])
    with subprocess.Popen(holder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        outcome, message = end(watch(host, begin(host, plan(install("el9")))))
        assert outcome == "failed"
        assert says in message
        assert host.run(["rpm", "-q", "postfix"]).returncode == 1
        run = begin(host, plan(install("el9")))
        await_output(host, run, "[Ww]aiting for")
        other.stdin.close()
        events = watch(host, run)
    assert end(events) == ("done", "")
    assert re.search("[Ww]aiting for", output(events, "install"))


@pytest.mark.promise(7)
def test_an_rpm_that_comes_in_between_is_waited_for(host: Host) -> None:
    carry(host)
    # dnf itself is held up at its first look at the cache until rpm's lock is taken.
    script = (
        f"{HOLDS_DNF}; print('held', flush=True)\n"
        "while not os.path.exists('/run/go'): time.sleep(0.02)\n"
        f"{HOLDS_RPM}; os.unlink('/var/cache/dnf/metadata_lock.pid'); time.sleep(3)\n"
    )
    with subprocess.Popen(
        host.argv(["/usr/bin/python3", "-c", script]), stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        run = begin(host, plan(install("el9")))
        await_output(host, run, "dnf install postfix")
        host.run(["touch", "/run/go"], check=True)
        events = watch(host, run)
    text = output(events, "install")
    assert end(events) == ("done", ""), text
    assert "holds rpm's lock; it is waited for, 6 s at most" in text


def test_a_rule_that_came_since_the_review_is_not_dropped(host: Host) -> None:
    """Whoever's SSH rests on it would be locked out by the reload."""
    host.run(["firewall-cmd", "--add-port=2222/tcp"], check=True)
    carry(host)
    unseen = OpenFirewall("public", ("smtp",), ("smtp",))
    outcome, message = end(watch(host, begin(host, plan(("firewall", unseen)))))
    assert outcome == "failed"
    assert "port 2222/tcp (zone public)" in message
    ports = ["firewall-cmd", "--zone=public", "--list-ports"]
    assert host.run(ports).stdout.strip() == "2222/tcp"
    accepted = OpenFirewall("public", ("smtp",), ("smtp",), ("port 2222/tcp (zone public)",))
    assert end(watch(host, begin(host, plan(("firewall", accepted)))))[0] == "done"


def test_a_stopped_firewalld_is_refused(host: Host) -> None:
    carry(host)
    host.run(["systemctl", "stop", "firewalld"], check=True)
    action = OpenFirewall("public", ("smtp",), ("smtp",))
    outcome, message = end(watch(host, begin(host, plan(("firewall", action)))))
    assert outcome == "failed"
    assert "firewalld is not running" in message
    assert "systemctl start firewalld" in message


@pytest.mark.promise(12)
def test_a_row_that_postmap_warns_of_leaves_the_table_in_use(host: Host) -> None:
    carry(host)
    host.run(["dnf", "-y", "install", "postfix"], check=True)
    host.write("/etc/postfix/sender_access", "example.com OK\n")
    host.run(["postmap", "hash:/etc/postfix/sender_access"], check=True)
    before = host.run(["sha256sum", "/etc/postfix/sender_access.db"]).stdout
    for text, rows, says in (
        ("example.com OK\nexample.net\n", (("example.com", "OK"),), "expected format"),
        ("example.com OK\nexample.com REJECT\n", (("example.com", "OK"),), "duplicate entry"),
        (
            "example.com OK\n",
            (("example.com", "REJECT"),),
            "stale: for example.com the table says 'OK'",
        ),
    ):
        host.write("/etc/postfix/sender_access", text)
        action = BuildTable("hash", "/etc/postfix/sender_access", rows)
        outcome, message = end(watch(host, begin(host, plan(("table", action)))))
        assert outcome == "failed"
        assert says in message
    assert host.run(["sha256sum", "/etc/postfix/sender_access.db"]).stdout == before


@pytest.mark.promise(11)
def test_what_postconf_does_not_read_as_planned_is_not_put_in_place(host: Host) -> None:
    carry(host)
    host.run(["dnf", "-y", "install", "postfix"], check=True)
    old = shipped("el9", "main.cf")
    for more, expected, says in (
        (b"mydestinatoin = x\n", (), "mydestinatoin"),
        (
            b"delay_warning_time = 4h\n",
            (("delay_warning_time", "5h"),),
            "delay_warning_time reads as '4h', expected '5h'",
        ),
    ):
        file = NewFile("/etc/postfix/main.cf", old + more, sha256(old))
        wanted = plan(("staged", StagedCheck((file,), expected)), ("main.cf", ReplaceFile(file)))
        outcome, message = end(watch(host, begin(host, wanted)))
        assert outcome == "failed"
        assert says in message
        assert host.run(["sha256sum", "/etc/postfix/main.cf"]).stdout.split()[0] == sha256(old)


def test_a_service_that_does_not_start_shows_its_log(host: Host) -> None:
    carry(host)
    host.run(["dnf", "-y", "install", "postfix"], check=True)
    host.run(["sh", "-c", "echo 'queue_directory = /nowhere' >>/etc/postfix/main.cf"], check=True)
    action = Service("start", "postfix", "inactive")
    events = watch(host, begin(host, plan(("start", action))))
    outcome, message = end(events)
    assert outcome == "failed"
    assert "journalctl -u postfix" in message
    assert "/nowhere" in output(events, "start")


@pytest.mark.promise(2)
def test_the_run_outlives_the_login_that_began_it(host: Host) -> None:
    carry(host)
    host.write(f"{HOME}/plan.json", plan_to_bytes(plan(("slow", Command(("sleep", "3"))))))
    script = f"/usr/bin/python3 {HOME}/driver.py start attended; exec sleep 60"
    argv = host.ssh_argv(script)
    login = pexpect.spawn(argv[0], argv[1:], encoding="utf-8", timeout=30)
    login.expect(r"(\d{8}-\d{6}-\d+)\r\n")
    run = str(login.after).strip()
    login.close(force=True)
    host.run(["systemctl", "stop", "ssh.service"])
    pid = host.run(
        ["systemctl", "show", "-p", "MainPID", "--value", f"postfix-wizard-{run}"]
    ).stdout.strip()
    assert "system.slice/postfix-wizard-" in host.read(f"/proc/{pid}/cgroup")
    for fd in ("0", "1", "2"):
        assert "/dev/pts" not in host.run(["readlink", f"/proc/{pid}/fd/{fd}"]).stdout
    assert end(watch(host, run)) == ("done", "")
