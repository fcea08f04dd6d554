"""Lists with exclusions (`!ITEM`), and parameters that main.cf sets repeatedly."""

from __future__ import annotations

import pytest

from tests.unit.plan.live import chosen, of_main_cf
from tests.unit.plan.test_overruled import after
from wizard.plan.losses import losses
from wizard.planning.build import build_plan
from wizard.postfix.main_cf import MainCf

EXCLUSIONS = {
    "the new item takes no place before it": (
        "mynetworks = 10.0.0.0/8, !192.168.5.0/24, 172.16.0.0/12\n",
        ["192.168.0.0/16", "172.16.0.0/12"],
        "!192.168.5.0/24, 192.168.0.0/16, 172.16.0.0/12",
        "",
    ),
    "a table, last": (
        "mynetworks = 10.0.0.0/8, !cidr:/etc/postfix/bad\n",
        ["192.168.0.0/16", "127.0.0.0/8"],
        "!cidr:/etc/postfix/bad, 192.168.0.0/16, 127.0.0.0/8",
        "",
    ),
    "one that excludes the answer": (
        "mynetworks = !192.168.0.0/16, 127.0.0.0/8\n",
        ["192.168.4.0/24", "127.0.0.0/8"],
        "!192.168.0.0/16, 192.168.4.0/24, 127.0.0.0/8",
        "!192.168.0.0/16 comes before 192.168.4.0/24 and excludes it",
    ),
    "behind what is there already": (
        "mynetworks = 127.0.0.0/8 10.0.0.0/8 !10.0.0.5\n",
        ["10.0.0.0/8", "127.0.0.0/8"],
        "127.0.0.0/8 10.0.0.0/8 !10.0.0.5",
        "",
    ),
    "twice negated": (
        "mynetworks = 10.0.0.0/8 !!192.168.0.0/16\n",
        ["127.0.0.0/8"],
        "127.0.0.0/8 !!192.168.0.0/16",
        "",
    ),
}


@pytest.mark.parametrize(("line", "wanted", "value", "says"), EXCLUSIONS.values(), ids=EXCLUSIONS)
def test_an_exclusion_counts_for_new_networks_too(
    line: str, wanted: list[str], value: str, says: str
) -> None:
    host, answers = of_main_cf(line), chosen("networks", {"mynetworks": wanted})
    plan = build_plan(answers, host, ("networks",))
    assert MainCf.parse(plan.files[0].proposed).value("mynetworks") == value
    found = [one for one in plan.warnings if "excludes it" in one]
    assert bool(found) == bool(says)
    assert all(says in one for one in found)
    again = build_plan(answers, after(host, plan), ("networks",))
    assert again.files[0].proposed == again.files[0].live
    assert [one for one in again.warnings if "excludes it" in one] == found


def test_an_excluded_domain_is_not_local() -> None:
    host = of_main_cf("mydestination = $myhostname, !a.example, b.example\n")
    plan = build_plan(chosen("domains", {"local": ["a.example"]}), host, ("domains",))
    value = MainCf.parse(plan.files[0].proposed).value("mydestination")
    assert value == "$myhostname, !a.example, a.example"
    assert any("!a.example comes before a.example" in one for one in plan.warnings)
    assert any("b.example is no longer local" in one for one in losses(plan))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("mynetworks = 127.0.0.0/8\nmynetworks = 127.0.0.0/8, 10.0.0.0/8\n", "that one is edited"),
        ("mynetworks = 10.0.0.0/8\nmynetworks = 10.0.0.0/8\n", "all are edited"),
        (
            "mynetworks = 1.2.3.4\nmynetworks = 10.0.0.0/8\nmynetworks = 10.0.0.0/8\n",
            "the last 2 are edited",
        ),
        ("mynetworks = 10.0.0.0/8\n", ""),
    ],
)
def test_lines_that_an_edit_makes_alike_were_not_all_edited(lines: str, says: str) -> None:
    answers = chosen("networks", {"mynetworks": ["127.0.0.0/8"]})
    plan = build_plan(answers, of_main_cf(lines), ("networks",))
    found = [one for one in plan.warnings if "main.cf sets mynetworks" in one]
    assert len(found) == bool(says)
    assert all(says in one for one in found)
    plan = build_plan(chosen("delivery", {"home_mailbox": ""}), of_main_cf(_TWICE), ("delivery",))
    assert "lines 2, 3: Postfix takes the last, and all are commented out." in " ".join(
        plan.warnings
    )


_TWICE = "home_mailbox = a\nhome_mailbox = b\n"


OWN = "mydestination = $myhostname, localhost.$mydomain, localhost, $mydomain, a.example\n"
LOST = {
    "the host and the domain": (OWN, "mx.example.net", "mail.example.com, example.com are"),
    "the host alone": (OWN, "mx.example.com", "mail.example.com is"),
    "Postfix's default": ("", "mx.example.com", "mail.example.com is"),
    "by other spellings": (
        "mydestination = ${myhostname} $(mydomain)\n",
        "mx.example.net",
        "mail.example.com, example.com are",
    ),
    "a name that stays by itself": (f"{OWN}  mail.example.com\n", "mx.example.com", ""),
    "a list without them": ("mydestination = localhost, a.example\n", "mx.example.net", ""),
    "no change": (OWN, "mail.example.com", ""),
}


@pytest.mark.parametrize(("lines", "name", "says"), LOST.values(), ids=LOST)
def test_names_that_go_with_the_name_of_the_host_are_named(
    lines: str, name: str, says: str
) -> None:
    """The list is the same text, and means other names."""
    plan = build_plan(chosen("hostname", {"myhostname": name}), of_main_cf(lines), ("hostname",))
    wanted = [f"Taken away: {says} no longer local here (mydestination)."] if says else []
    assert list(losses(plan)) == wanted
