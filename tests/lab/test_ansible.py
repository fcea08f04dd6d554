"""The Ansible collection on three hosts: set up by its README's two commands, changed, made to fail."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab import network
from lab.control import (
    CHANGED,
    COLLECTION,
    FAILED,
    GOOD,
    NAMES,
    PLAY,
    UNREACHABLE,
    UNREACHED,
    Fleet,
    Play,
    control,
    write_connection,
)
from lab.host import Host
from lab.shell import run
from tests.lab.program import ANSWERS, PROGRAM, PYZ, ROOT, ZEKE, BootHost, apply

pytestmark = [pytest.mark.lab, pytest.mark.time_limit(1500)]

COMMANDS = re.findall(
    r"^    (ansible-\S.*)$", (ROOT / "ansible/README.md").read_text(), re.MULTILINE
)[:2]
AT_ONCE = ("-e", "postfix_wizard_all_at_once=true")
"""A failure of one host stops no other one."""


@pytest.fixture
def hosts(boot_host: BootHost, request: pytest.FixtureRequest) -> dict[str, Host]:
    """Boot one host of each suite that the test names."""
    suites = request.node.get_closest_marker("lab").kwargs["suites"]
    return {name: boot_host(suite=suite) for name, suite in zip(NAMES, suites)}


@pytest.fixture
def fleet(hosts: dict[str, Host], tmp_path: Path) -> Iterator[Fleet]:
    """A control machine with the example's inventory, the release next to it."""
    for file in (Path(PYZ), *(ROOT / "dist").glob("postfix_wizard-mail-*.tar.gz")):
        shutil.copy(file, tmp_path)
    text = (ROOT / "ansible/examples/inventory.yml").read_text()
    for absent in NAMES[len(hosts) :]:
        text = text.replace(f"    {absent}:\n", "")
    (tmp_path / "inventory.yml").write_text(text)
    with control(hosts, tmp_path) as made:
        yield made


def install(fleet: Fleet) -> None:
    status, said = fleet.call("sh", "-c", COMMANDS[0])
    assert status == 0, said


def variables(fleet: Fleet, name: str, text: str) -> None:
    """Give a host variables of its own, besides those of its connection."""
    (fleet.directory / "host_vars" / name / "more.yml").write_text(f"---\n{text}")


def limit(fleet: Fleet, size: int) -> None:
    """Set the largest message of all hosts, in the inventory."""
    path = fleet.directory / "inventory.yml"
    text = re.sub(r"      limits:\n.*\n", "", path.read_text())
    section = f"      limits:\n        message_size_limit: {size}\n"
    path.write_text(text.replace("      certificate:\n", f"{section}      certificate:\n"))


def largest(host: Host) -> str:
    return host.run(["postconf", "-h", "message_size_limit"], check=True).stdout.strip()


@pytest.mark.lab(suites=("el9", "el9", "el10"))
def test_three_hosts_by_the_two_commands_of_the_readme(fleet: Fleet) -> None:
    install(fleet)
    status, said = fleet.call("sh", "-c", COMMANDS[1])
    first = Play(status, said)
    assert first.status == 0, said
    assert {one.failed for one in first.outcomes.values()} == {0}
    for host in fleet.hosts.values():
        assert host.run(["systemctl", "is-active", "postfix"]).stdout.strip() == "active"
        assert largest(host) == "10485760"

    again = fleet.play()
    assert again.outcomes == dict.fromkeys(NAMES, GOOD), again.text

    limit(fleet, 20971520)
    shown = fleet.play("--check", "--diff")
    assert shown.outcomes == dict.fromkeys(NAMES, CHANGED), shown.text
    assert shown.text.count("+message_size_limit = 20971520") == len(NAMES)
    assert {largest(host) for host in fleet.hosts.values()} == {"10485760"}, "only shown"
    applied = fleet.play()
    assert applied.outcomes == dict.fromkeys(NAMES, CHANGED), applied.text
    assert {largest(host) for host in fleet.hosts.values()} == {"20971520"}

    # A hand edit stops this host alone, until somebody decides.
    edited = fleet.hosts[NAMES[1]]
    edited.run(["postconf", "-e", "message_size_limit = 30000000"], check=True)
    limit(fleet, 10485760)
    stopped = fleet.play(*AT_ONCE)
    assert stopped.outcomes == {NAMES[0]: CHANGED, NAMES[1]: FAILED, NAMES[2]: CHANGED}, (
        stopped.text
    )
    assert "message_size_limit" in stopped.text
    assert largest(edited) == "30000000"
    # The run that keeps it saves the answers and reloads Postfix, once.
    for end in (CHANGED, GOOD):
        kept = fleet.play(*AT_ONCE, "-e", "postfix_wizard_hand_edits=keep")
        assert kept.outcomes == {NAMES[0]: GOOD, NAMES[1]: end, NAMES[2]: GOOD}, kept.text
        assert largest(edited) == "30000000"
    replaced = fleet.play(*AT_ONCE, "-e", "postfix_wizard_hand_edits=replace")
    assert replaced.outcomes == {NAMES[0]: GOOD, NAMES[1]: CHANGED, NAMES[2]: GOOD}, replaced.text
    assert largest(edited) == "10485760"


CANNOT_START = "[Service]\nExecStartPre=false\n"


@pytest.mark.lab(suites=("el9", "el10", "el9"))
def test_hosts_that_fail_do_no_harm_to_the_others(fleet: Fleet) -> None:
    """A port that is taken, a unit that cannot start, two that ssh does not reach, and a good one."""
    install(fleet)
    taken, broken, good = fleet.hosts.values()
    listen = "import socket,time; s=socket.create_server(('', 465)); time.sleep(9999)"
    taken.run(["systemd-run", "--unit=holder", "python3", "-c", listen], check=True)
    broken.write("/etc/systemd/system/postfix.service.d/no.conf", CANNOT_START)
    broken.run(["systemctl", "daemon-reload"], check=True)
    inventory = fleet.directory / "inventory.yml"
    more = f"  hosts:\n    gone.example.com:\n    {REBUILT}:\n"
    inventory.write_text(inventory.read_text().replace("  hosts:\n", more))
    write_connection(fleet.directory, "gone.example.com", good, UNREACHABLE)
    rebuilt(fleet, good)

    # A wrong key, and a wrong kind of value: refused before any host is touched.
    for wrong, name in (("mynetwork: []", "mynetwork"), ("mynetworks: {a: b}", "mynetworks")):
        variables(fleet, NAMES[2], f"postfix_wizard_answers:\n  networks:\n    {wrong}\n")
        refused = fleet.play()
        assert refused.status != 0
        assert name in refused.text
        assert "Copy the one file" not in refused.text
    variables(fleet, NAMES[2], "")

    play = fleet.play(*AT_ONCE)
    ends = play.outcomes
    assert ends["gone.example.com"] == ends[REBUILT] == UNREACHED
    assert "Host key verification failed" in play.text
    assert "Traceback" not in play.text
    assert [ends[name].failed for name in NAMES] == [1, 1, 0], play.text
    assert "465" in play.text
    assert "Postfix" in play.text
    assert good.run(["systemctl", "is-active", "postfix"]).stdout.strip() == "active"
    assert taken.run(["test", "-e", "/etc/postfix/main.cf"]).returncode == 1, "nothing was begun"
    assert runs(broken)[-1]["returned"] is True
    assert broken.run(["systemctl", "is-active", "postfix"]).stdout.strip() != "active"

    # Repaired, a second play sets both up, and does nothing on the good one.
    taken.run(["systemctl", "stop", "holder"], check=True)
    broken.run(["rm", "-r", "/etc/systemd/system/postfix.service.d"], check=True)
    broken.run(["systemctl", "daemon-reload"], check=True)
    again = fleet.play(*AT_ONCE)
    assert [again.outcomes[name] for name in NAMES] == [CHANGED, CHANGED, GOOD], again.text


REBUILT, ITS_ADDRESS = "rebuilt.example.com", "10.0.3.3"


def rebuilt(fleet: Fleet, host: Host) -> None:
    """Let the control machine know a host key that the host at this address no longer has."""
    host.run(["ip", "address", "add", f"{ITS_ADDRESS}/24", "dev", "control3"], check=True)
    key, known = fleet.directory / "former", fleet.directory / "former_hosts"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key])
    known.write_text(f"{network.HOST_LAN} {key.with_suffix('.pub').read_text()}")
    write_connection(fleet.directory, REBUILT, host, ITS_ADDRESS, known)


def runs(host: Host) -> list[dict[str, object]]:
    done = host.run([PROGRAM, "runs", "--json"], check=True)
    found: list[dict[str, object]] = json.loads(done.stdout)["runs"]
    return found


@pytest.mark.lab(suites=("el9",))
def test_two_playbooks_at_once(fleet: Fleet) -> None:
    """One of them runs; the other one waits and finds nothing to do, or says 75's sentence."""
    install(fleet)
    assert fleet.play("--check").status == 0
    with ThreadPoolExecutor(2) as pool:
        waiting = ("-e", "postfix_wizard_wait=600")
        plays = list(pool.map(lambda _: fleet.play(*waiting), range(2)))
    for play in plays:
        assert play.status == 0, play.text
    (host,) = fleet.hosts.values()
    # A run that another one was faster than was not started.
    assert [one["outcome"] for one in runs(host)].count("done") == 1

    limit(fleet, 20971520)
    with ThreadPoolExecutor(2) as pool:
        plays = list(pool.map(lambda _: fleet.play(), range(2)))
    failed = [play.text for play in plays if play.status]
    assert len(failed) < len(plays), failed
    assert all("is in progress" in text for text in failed), failed


PACKAGED = "/usr/bin/postfix-wizard"
SIGNER = "A test <test@example.com>"


@pytest.fixture
def rpm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return our RPM of the newest commit, next to the public part of the key that signed it."""
    home = tmp_path / "gnupg"
    home.mkdir(0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    gpg = ("gpg", "--batch", "--quiet", "--pinentry-mode", "loopback")
    run([*gpg, "--passphrase", "", "--quick-generate-key", SIGNER, "rsa3072", "sign", "never"])
    run([ROOT / "scripts/rpm", "--sign", SIGNER, "--directory", home])
    (home / "key").write_text(run([*gpg, "--armor", "--export", SIGNER]))
    return next(home.glob("*.noarch.rpm"))


@pytest.mark.lab(suites=("el10",))
def test_the_rpm_and_a_control_machine_that_dies_in_the_middle(fleet: Fleet, rpm: Path) -> None:
    """The host finishes what was begun, and the next play has nothing to do."""
    install(fleet)
    (host,) = fleet.hosts.values()
    inventory = fleet.directory / "inventory.yml"
    text = re.sub("postfix_wizard_file: .*", f"postfix_wizard_rpm: {rpm}", inventory.read_text())
    inventory.write_text(text)
    early = fleet.play("--check")
    assert early.outcomes == {NAMES[0]: CHANGED}, early.text
    unsigned = fleet.play()
    assert unsigned.outcomes[NAMES[0]].failed == 1, unsigned.text
    assert host.run(["test", "-e", PACKAGED]).returncode == 1, "its key is not known here"

    host.push(rpm.parent / "key", "/root/key")
    host.run(["rpm", "--import", "/root/key"], check=True)
    with fleet.start(*PLAY, COLLECTION) as program:
        until(lambda: outcomes(host) == ["running"])
        fleet.die()
    assert program.returncode != 0
    until(lambda: outcomes(host) != ["running"])
    assert outcomes(host) == ["done"]
    assert host.run(["systemctl", "is-active", "postfix"]).stdout.strip() == "active"
    again = fleet.play()
    assert again.outcomes == {NAMES[0]: GOOD}, again.text
    assert host.run(["test", "-e", PROGRAM]).returncode == 1, "there is the RPM alone"


def outcomes(host: Host) -> list[str]:
    done = host.run([PACKAGED, "runs", "--json"])
    return [one["outcome"] for one in json.loads(done.stdout)["runs"]] if done.stdout else []


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.5)


FILES = "/etc/postfix /etc/aliases /etc/postfix-wizard"
RICH = """\
[relay]
host = "smtp.provider.example"
user = "taro@provider.example"

[aliases]
root = "taro"

[limits]
message_size_limit = 20971520

[hardening]
use = "on"
"""


@pytest.mark.lab(suites=("el9", "el9"))
def test_an_export_sets_a_fresh_host_up_to_the_same_bytes(fleet: Fleet) -> None:
    install(fleet)
    source, fresh = fleet.hosts.values()
    secret = "canary-himitsu-4711"
    for host in fleet.hosts.values():
        host.push(Path(PYZ), PROGRAM)
        host.run(["useradd", "-m", "taro"])
    source.write("/etc/postfix-wizard/relay.password", f"{secret}\n", 0o600)
    source.write(ANSWERS, f"{ZEKE}{RICH}", 0o600)
    code, said = apply(source)
    assert code == 0, said

    out = "/root/fleet"
    done = source.run([PROGRAM, "export", "ansible", out], check=True)
    assert f"{out}/host_vars/mail.zeke.ne.jp.yml" in done.stdout
    for name in ("inventory.yml", "host_vars/mail.zeke.ne.jp.yml", "site.yml", "requirements.yml"):
        text = source.read(f"{out}/{name}")
        assert secret not in text
        (fleet.directory / Path(name).name).write_text(text)
    refused = source.run([PROGRAM, "export", "ansible", out])
    assert refused.returncode == 1
    assert "has files already" in refused.stderr
    place = fleet.directory / "host_vars"
    exported = fleet.directory / "mail.zeke.ne.jp.yml"
    vault = f'postfix_wizard_secrets:\n  /etc/postfix-wizard/relay.password: "{secret}\\n"\n'
    for name in NAMES[:2]:
        (place / name / "answers.yml").write_text(exported.read_text() + vault)
    (fleet.directory / "inventory.yml").write_text(
        "all:\n  hosts:\n    mx1.example.com:\n    mx2.example.com:\n  vars:\n    ansible_user: root\n"
    )
    status, said = fleet.call(
        "ansible-galaxy", "collection", "install", "--force", "-r", "requirements.yml"
    )
    assert status == 0, said

    play = fleet.play("-vvv", playbook="site.yml")
    assert play.outcomes[NAMES[0]] == GOOD, play.text
    assert play.outcomes[NAMES[1]].failed == 0, play.text
    assert secret not in play.text
    assert files(source) == files(fresh)
    for host in fleet.hosts.values():
        assert secret not in host.run(["journalctl", "--no-pager"]).stdout


def files(host: Host) -> dict[str, str]:
    """Return the hash of each file that the program writes; of tables the text they are made of counts."""
    find = f"find {FILES} -type f ! -name '*.db' ! -name '*.lmdb' -exec sha256sum {{}} +"
    done = host.run(["sh", "-c", find], check=True)
    return {name: digest for digest, name in (line.split() for line in done.stdout.splitlines())}
