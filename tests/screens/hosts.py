"""The hosts of the tests of the screens: a fresh EL9 server, and the same one set up; their answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Sequence

from tests.factories import managed
from wizard.answers.build import build_answers, to_values
from wizard.answers.model import Answers
from wizard.certificates.model import Lineage, LineageFile
from wizard.host.facts import (
    Distribution,
    FileFacts,
    Host,
    Network,
    Package,
    Postfix,
    Unit,
)
from wizard.host.firewall_facts import Firewall, Zone

DATA = Path(__file__).parent / "data"

MAIN, MASTER, SENDERS = (
    f"/etc/postfix/{name}" for name in ("main.cf", "master.cf", "sender_access")
)

YEAR_2039 = 2_177_452_800
"""Far enough for a certificate that these tests never outlive."""


def data(name: str) -> bytes:
    return (DATA / name).read_bytes()


def lineage(name: str, names: Sequence[str], state: str = "file") -> Lineage:
    files = ("cert.pem", "chain.pem", "fullchain.pem", "privkey.pem")
    return Lineage(
        name,
        tuple(LineageFile(one, state, 7) for one in files),
        7,
        tuple(names),
        not_after=YEAR_2039,
        serial="0A",
    )


class StandInHost(Host):
    """A host for which the forms of a first set-up suggest `answers()`."""


def fresh_host() -> Host:
    """An EL9 server without Postfix, with a LAN, firewalld and certificates copied over."""
    return StandInHost(
        root="/",
        is_root_user=True,
        distribution=Distribution("almalinux", ("rhel",), "AlmaLinux 9.4", "9.4", is_el=True),
        postfix=Postfix(Package("postfix-2:3.5.25-1.el9.x86_64", True), "3.5.25", "hash"),
        files=managed(
            FileFacts(MAIN, data("main.cf"), None, from_package=True),
            FileFacts(MASTER, data("master.cf"), None, from_package=True),
        ),
        lineages=(
            lineage("zeke.ne.jp", ("zeke.ne.jp", "mail.zeke.ne.jp", "ace.zeke.ne.jp")),
            lineage("example.net", ("example.net",)),
        ),
        firewall=Firewall(
            "running",
            "public",
            (
                Zone(
                    "public",
                    frozenset({"ssh", "cockpit"}),
                    frozenset({"ssh", "cockpit"}),
                    interfaces=("eth0",),
                ),
                Zone(
                    "trusted",
                    frozenset(),
                    frozenset(),
                    sources=("192.168.1.0/24",),
                    target="ACCEPT",
                ),
            ),
            frozenset({"smtp", "smtps", "smtp-submission"}),
        ),
        unit=Unit("disabled", "inactive"),
        network=Network(
            "mail.zeke.ne.jp",
            ("203.0.113.25", "192.168.1.5"),
            ("203.0.113.0/24", "192.168.1.0/24"),
        ),
    )


def set_up_host() -> Host:
    """The same, set up by an earlier run and then edited by hand."""
    host = fresh_host()
    edited = data("main.cf.next") + b"# by hand\nbiff = no\n"
    return replace(
        host,
        postfix=replace(host.postfix, package=Package("postfix-2:3.5.25-1.el9.x86_64", False)),
        files=managed(
            FileFacts(MAIN, edited, data("main.cf")),
            FileFacts(MASTER, data("master.cf.next"), data("master.cf")),
            FileFacts(SENDERS, b"# rows\n", None),
        ),
        unit=Unit("enabled", "active"),
        parameters={"myhostname": "mail.zeke.ne.jp", "mydomain": "zeke.ne.jp"},
    )


ANSWERS: dict[str, dict[str, Any]] = {
    "hostname": {"myhostname": "mail.zeke.ne.jp"},
    "domains": {"local": ["ace.zeke.ne.jp", "cafe.zeke.ne.jp", "myhome.zeke.ne.jp"]},
    "networks": {"mynetworks": ["192.168.1.0/24", "127.0.0.0/8"]},
    "certificate": {"source": "letsencrypt", "name": "zeke.ne.jp"},
}


def answers() -> Answers:
    built = build_answers(ANSWERS)
    assert isinstance(built, Answers)
    return built


def suggestions() -> dict[str, dict[str, Any]]:
    values = to_values(answers())
    values["domains"]["local"] = []
    return values
