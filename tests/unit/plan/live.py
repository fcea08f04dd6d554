"""Plans of a host whose main.cf has lines that were not written by a run, for the tests of live values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

from tests.factories import FRESH, file, managed
from wizard.answers.build import build_each
from wizard.answers.model import Answers
from wizard.host.facts import Host, Package
from wizard.paths import MASTER_CF
from wizard.plan.model import Plan
from wizard.planning.build import build_plan
from wizard.postfix.main_cf import MainCf

NAME = "myhostname = mail.example.com\n"
HOSTNAME = {"myhostname": "mail.example.com"}
LIVE = "/etc/letsencrypt/live/example.com"
LINEAGE = {"source": "letsencrypt", "name": "example.com"}
LOOPBACK = {"mynetworks": ["127.0.0.0/8"]}
SUBNET = {"mynetworks": "127.0.0.0/8 192.0.2.0/24"}


def of_main_cf(lines: str, in_force: Optional[dict[str, str]] = None, **facts: Any) -> Host:
    """A host whose main.cf has these lines after its name, unless they set that."""
    text = lines if "myhostname =" in lines else NAME + lines
    package = Package("postfix-3.5.25", candidate=False)
    postfix = replace(FRESH.postfix, package=package, in_force=in_force or {})
    files = managed(file("main.cf", text.encode()), FRESH.files[MASTER_CF])
    return replace(FRESH, postfix=postfix, files=files, lineages=(), **facts)


def chosen(section: str, values: dict[str, Any]) -> Answers:
    """Answers with one section's values, the policy's defaults beside them."""
    answers = build_each({"hostname": HOSTNAME, "certificate": LINEAGE, section: values})
    assert isinstance(answers, Answers), answers
    return answers


def planned(lines: str, section: str, values: dict[str, Any], **facts: Any) -> tuple[Plan, MainCf]:
    plan = build_plan(chosen(section, values), of_main_cf(lines, **facts), (section,))
    return plan, MainCf.parse(plan.files[0].proposed)
