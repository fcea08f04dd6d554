"""The facts of real hosts: what systemd, dnf, firewalld and Postfix say, and that asking changes nothing.

Our own code runs on the host's own Python, from a zip with the `distro` package beside it.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any, Callable

import distro
import pytest

import wizard
from lab.host import Host
from lab.stock import stock_files
from wizard.paths import MAIN_CF

pytestmark = pytest.mark.lab

SUITES = pytest.mark.parametrize("suite", ["el9", "el10"])
BootHost = Callable[..., Host]

CODE = "/root/facts.zip"
PROBE = """\
import dataclasses, json, sys
from pathlib import Path
sys.path.insert(0, "/root/facts.zip")
from wizard.door import Door
from wizard.errors import Trouble
from wizard.host.facts import Needs
from wizard.host.read import read_host

def plain(value):
    return value.decode("latin-1") if isinstance(value, bytes) else sorted(value)

try:
    host = read_host(
        Door(Path(sys.argv[1])), Needs(), candidate=sys.argv[2:] != ["installed-only"]
    )
    print(json.dumps(dataclasses.asdict(host), default=plain))
except Trouble as trouble:
    print(json.dumps({"trouble": str(trouble)}))
"""


@pytest.fixture(scope="session")
def code() -> bytes:
    """The wizard and `distro`, as a zip that Python imports from."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for package in (wizard, distro):
            home = Path(str(package.__file__)).parent
            for path in sorted(home.rglob("*.py")):
                archive.write(path, path.relative_to(home.parent))
    return written.getvalue()


@pytest.fixture
def ready(boot_host: BootHost, code: bytes) -> BootHost:
    """A function that boots a host with the code in place."""

    def boot(**options: object) -> Host:
        host = boot_host(**options)
        host.write(CODE, code)
        host.write("/root/probe.py", PROBE)
        return host

    return boot


def read(host: Host, *words: str, prefix: tuple[str, ...] = ()) -> dict[str, Any]:
    done = host.run([*prefix, "python3", "/root/probe.py", *(words or ("/",))], timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    facts: dict[str, Any] = json.loads(done.stdout)
    return facts


def listeners(facts: dict[str, Any]) -> set[tuple[str, int, str]]:
    """Return address, port and program of each listener."""
    return {(one["address"], one["port"], one["process"]) for one in facts["listeners"]}


def zone(facts: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (one for one in facts["firewall"]["zones"] if one["name"] == name)
    assert isinstance(found, dict)
    return found


def state(host: Host) -> set[str]:
    """Every file of the host with size, time and mode, but for what its services write.

    Left out too: the shared memory of RPM's database, which any `rpm -q` by root touches.
    """
    skipped = ["/var/log", "/var/lib/systemd", "/var/cache/bind"]
    skipped += ["/var/lib/rpm/__db.*", "/var/lib/rpm/*-shm"]
    argv = ["find", "/", "-xdev"]
    for path in skipped:
        argv += ["-path", path, "-prune", "-o"]
    listed = host.run([*argv, "-type", "f", "-printf", "%p %s %T@ %m\\n"], check=True).stdout
    return {*listed.splitlines(), *host.run(["ls", "-A", "/tmp"]).stdout.splitlines()}


def install(host: Host) -> None:
    host.run(["dnf", "-y", "install", "postfix"], timeout=120, check=True)


@SUITES
def test_a_fresh_host_tells_what_dnf_would_lay(ready: BootHost, suite: str) -> None:
    host = ready(suite=suite)
    before = state(host)
    facts = read(host)
    assert state(host) ^ before == set(), "asking changes nothing"

    postfix = facts["postfix"]
    assert postfix["package"]["candidate"]
    assert postfix["package"]["nevra"].startswith("postfix-2:3.")
    assert postfix["default_database_type"] == {"el9": "hash", "el10": "lmdb"}[suite]
    assert facts["parameters"] == {}
    assert facts["unit"] == {"enabled": "disabled", "active": "inactive"}
    assert facts["firewall"]["state"] == "running"
    assert {"smtp", "smtps", "smtp-submission"} <= set(facts["firewall"]["known_services"])
    assert facts["distribution"]["is_el"]
    assert facts["network"]["hostname"] == "ace.zeke.ne.jp"
    assert facts["network"]["has_ipv6_loopback"]
    assert "192.168.1.0/24" in facts["network"]["networks"]
    assert ("0.0.0.0", 22, "sshd") in listeners(facts)
    assert [(one["name"], one["number"], one["problem"]) for one in facts["lineages"]] == [
        ("zeke.jp", 3, ""),
        ("zeke.ne.jp", 1, ""),
    ]
    assert {file["state"] for one in facts["lineages"] for file in one["files"]} == {"file"}
    assert "mail.zeke.ne.jp" in facts["lineages"][1]["names"]

    stock = stock_files(suite)
    install(host)
    for name in ("main", "master"):
        laid = host.read(f"/etc/postfix/{name}.cf")
        assert facts["files"][f"/etc/postfix/{name}.cf"]["live"].encode("latin-1").decode() == laid
        assert (stock / f"{name}.cf").read_text() == laid
        assert facts["files"][f"/etc/postfix/{name}.cf"]["from_package"]


@SUITES
def test_an_installed_postfix_is_asked(ready: BootHost, suite: str) -> None:
    host = ready(suite=suite)
    install(host)
    kind = {"el9": "hash", "el10": "lmdb"}[suite]
    host.write("/etc/postfix/sender_access", "example.com OK\nexample.net REJECT\n")
    host.run(["postmap", f"{kind}:/etc/postfix/sender_access"], check=True)
    host.run(["systemctl", "enable", "--now", "postfix"], check=True)
    before = state(host)
    facts = read(host)
    assert state(host) ^ before == set()

    postfix = facts["postfix"]
    assert postfix["package"] == {
        "nevra": host.run(
            ["rpm", "-q", "--qf", "%{NAME}-%{EPOCHNUM}:%{VERSION}-%{RELEASE}.%{ARCH}", "postfix"]
        ).stdout,
        "candidate": False,
    }
    assert postfix["version"] == host.run(["postconf", "-dh", "mail_version"]).stdout.strip()
    assert postfix["default_database_type"] == kind
    assert kind in postfix["table_types"]
    assert {"smtpd_banner", "message_size_limit"} <= set(postfix["known_parameters"])
    assert postfix["stderr"] == []
    # main.cf sets none of these: they are Postfix's own view of the host and of its style.
    assert postfix["in_force"]["myhostname"] == "ace.zeke.ne.jp"
    assert postfix["in_force"]["mydomain"] == "zeke.ne.jp"
    told = host.run(["postconf", "-n"], check=True).stdout.splitlines()
    assert [f"{name} = {value}".rstrip() for name, value in facts["parameters"].items()] == [
        line.rstrip() for line in told
    ]
    assert sorted(facts["table"].splitlines()) == ["example.com\tOK", "example.net\tREJECT"]
    assert facts["unit"] == {"enabled": "enabled", "active": "active"}
    assert ("127.0.0.1", 25, "master") in listeners(facts)
    assert not facts["dovecot"]["auth_socket"]
    assert not facts["dovecot"]["lmtp_socket"]
    assert not facts["files"][MAIN_CF]["from_package"]
    host.start_dovecot()
    dovecot = read(host)["dovecot"]
    assert dovecot["auth_socket"]
    assert dovecot["lmtp_socket"]
    assert dovecot["version"].startswith("2.")
    assert "lmtp" in dovecot["settings"]["protocols"]
    host.run(["postconf", "-e", "mynetworks_style = subnet", "inet_protocols = ipv4"], check=True)
    host.run(["postconf", "-e", "inet_interfaces = all"], check=True)
    assert "192.168.1.0/24" in read(host)["postfix"]["in_force"]["mynetworks"].split()


def test_a_broken_main_cf_is_told_in_postfixs_words(ready: BootHost) -> None:
    host = ready()
    install(host)
    host.write("/etc/postfix/main.cf", "inet_protocols = all\nthis is nonsense\n")
    facts = read(host)
    assert any("missing '='" in line for line in facts["postfix"]["stderr"])
    assert facts["postfix"]["version"] == "3.5.25"
    assert facts["files"][MAIN_CF]["live"].endswith("nonsense\n")


def test_a_misspelt_parameter_is_in_the_old_complaints(ready: BootHost) -> None:
    host = ready()
    install(host)
    main_cf = host.read("/etc/postfix/main.cf")
    host.write("/etc/postfix/main.cf", f"{main_cf}mydestinaton = x\n")
    (complaint,) = read(host)["postfix"]["stderr"]
    assert "unused parameter: mydestinaton=x" in complaint


@pytest.mark.promise(19)
@SUITES
def test_a_read_only_root(ready: BootHost, suite: str) -> None:
    host = ready(suite=suite)
    script = (
        "mount --bind / /mnt && mount -o remount,bind,ro /mnt && mount -t tmpfs tmpfs /mnt/tmp && "
        "for d in proc sys dev run; do mount --rbind /$d /mnt/$d; done && "
        'exec chroot /mnt "$@"'
    )
    facts = read(host, prefix=("unshare", "-m", "sh", "-c", script, "sh"))
    assert facts["postfix"]["package"]["candidate"]
    assert facts["files"][MAIN_CF]["live"].startswith("# Global Postfix configuration file")
    assert facts["firewall"]["state"] == "running"


DIRECT = {
    "el9": ["ipv4 filter INPUT 0 -p tcp --dport 2200 -j ACCEPT"],
    "el10": [],  # its twin has no iptables, which direct rules are made with
}


@pytest.mark.promise(20)
@SUITES
def test_firewalld_at_run_time_and_for_good(ready: BootHost, suite: str) -> None:
    host = ready(suite=suite)
    rich = 'rule family="ipv4" source address="192.0.2.1" accept'
    for words in (
        ["--zone=public", "--add-service=http"],
        ["--zone=public", "--add-port=2222/tcp"],
        ["--zone=public", f"--add-rich-rule={rich}"],
        ["--zone=internal", "--add-source=10.9.0.0/16"],
        ["--permanent", "--zone=public", "--add-service=smtp"],
        ["--permanent", "--zone=public", '--add-rich-rule=rule service name="https" accept'],
        *(["--direct", "--add-rule", *rule.split()] for rule in DIRECT[suite]),
    ):
        host.run(["firewall-cmd", *words], check=True)
    facts = read(host, "/", "installed-only")
    public = zone(facts, "public")
    assert facts["firewall"]["default_zone"] == "public"
    assert public["permanent"] == ["dns", "smtp", "ssh"]
    assert public["runtime"] == ["dns", "http", "ssh"]
    assert public["runtime_only"] == ["service http", "port 2222/tcp", f"rich rule {rich}"]
    assert "enp0s8" in public["interfaces"]
    assert zone(facts, "internal")["sources"] == ["10.9.0.0/16"]
    assert zone(facts, "internal")["runtime_only"] == ["source 10.9.0.0/16"]
    assert zone(facts, "trusted")["target"] == "ACCEPT"
    assert zone(facts, "trusted")["sources"] == ["192.168.1.0/24"]
    assert facts["firewall"]["runtime_only"] == [f"direct rule {rule}" for rule in DIRECT[suite]]

    host.run(["firewall-cmd", "--reload"], check=True)
    facts = read(host, "/", "installed-only")
    assert zone(facts, "public")["runtime"] == ["dns", "smtp", "ssh"]
    assert not any(one["runtime_only"] for one in facts["firewall"]["zones"])
    assert facts["firewall"]["runtime_only"] == []
    listed = host.run(["firewall-cmd", "--get-zones"]).stdout.split()
    assert {one["name"] for one in facts["firewall"]["zones"]} == set(listed)
    known = host.run(["firewall-cmd", "--get-services"]).stdout.split()
    assert set(facts["firewall"]["known_services"]) == set(known)


def test_a_stopped_firewalld_stays_stopped(ready: BootHost) -> None:
    host = ready()
    host.run(["systemctl", "stop", "firewalld"], check=True)
    facts = read(host, "/", "installed-only")
    assert facts["firewall"]["state"] == "stopped"
    assert zone(facts, "public")["permanent"] == ["dns", "ssh"]
    assert zone(facts, "public")["runtime"] == []
    assert host.run(["systemctl", "is-active", "firewalld"]).stdout.strip() == "inactive"


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ("rm /etc/yum.repos.d/*.repo", "no repository is enabled"),
        ("rm -r /srv/repo/repodata", "a repository cannot be reached"),
        (
            "sed -i 's,^baseurl=.*,baseurl=http://192.0.2.1:9/,' /etc/yum.repos.d/lab.repo",
            "reached",
        ),
        (
            "cd /srv/repo && rm -r repodata postfix-*.rpm && createrepo_c -q .",
            "no enabled repository has a package of that name",
        ),
    ],
)
def test_without_the_package_it_says_why(ready: BootHost, spoil: str, told: str) -> None:
    host = ready()
    host.run(["sh", "-c", spoil], check=True)
    facts = read(host)
    assert told in facts["trouble"], facts
    assert host.run(["find", "/tmp", "/var/tmp", "-name", "postfix-wizard*"]).stdout == ""


def test_a_key_that_is_not_imported_stays_so(ready: BootHost) -> None:
    host = ready(unimported_key=True)
    facts = read(host)
    assert facts["postfix"]["package"]["candidate"]
    assert host.run(["rpm", "-q", "gpg-pubkey"]).returncode != 0


@SUITES
def test_fresh_lists_of_the_system_are_used_and_left_alone(ready: BootHost, suite: str) -> None:
    host = ready(suite=suite)
    host.run(["dnf", "makecache"], check=True)
    host.run(["mv", "/srv/repo/repodata", "/srv/repo/away"], check=True)
    before = state(host)
    assert read(host)["postfix"]["package"]["candidate"], "the lists were not fetched again"
    assert state(host) ^ before == set()


@SUITES
def test_lists_that_name_a_package_which_is_gone_are_fetched_anew(
    ready: BootHost, suite: str
) -> None:
    host = ready(suite=suite)
    host.run(["dnf", "makecache"], check=True)
    script = (
        "cd /srv/repo && rm -r repodata && mkdir new && mv postfix-*.rpm new/ && createrepo_c -q ."
    )
    host.run(["sh", "-c", script], check=True)
    before = state(host)
    assert read(host)["postfix"]["package"]["candidate"]
    assert state(host) ^ before == set()


def test_a_copied_etc_is_read_and_this_host_is_not(ready: BootHost) -> None:
    host = ready()
    install(host)
    host.run(
        [
            "sh",
            "-c",
            "mkdir /root/copy && cp -a /etc /root/copy/ && ls -l /etc/os-release /etc/*release*",
        ],
        check=True,
    )
    host.write("/etc/postfix/main.cf", "changed\n")
    facts = read(host, "/root/copy")
    assert facts["postfix"]["package"] == {"nevra": "", "candidate": False}
    assert facts["distribution"]["is_el"]
    assert facts["postfix"]["version"] == "3.5"
    assert facts["postfix"]["default_database_type"] == "hash"
    assert facts["parameters"]["inet_interfaces"] == "localhost"
    assert [one["number"] for one in facts["lineages"]] == [3, 1]
    assert facts["firewall"]["state"] == "unknown"
    assert zone(facts, "public")["permanent"] == ["dns", "ssh"]
