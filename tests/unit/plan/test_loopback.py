"""A plan that takes this host itself out of mynetworks says so before the run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.factories import FRESH
from tests.factories import ZEKE as ANSWERS
from wizard.answers.model import Answers
from wizard.planning.build import build_plan

LAN = "192.168.1.0/24"


def answers_with(*networks: str, protocols: str = "ipv4") -> Answers:
    return replace(
        ANSWERS,
        networks=replace(ANSWERS.networks, mynetworks=networks, inet_protocols=protocols),
    )


@pytest.mark.parametrize(
    ("networks", "protocols", "is_caution"),
    [
        ((LAN,), "ipv4", True),
        ((LAN, "127.0.0.0/8"), "ipv4", False),
        ((LAN, "127.0.0.1"), "ipv4", False),
        ((LAN, "127.0.0.1/32"), "ipv4", False),
        # Another address of the loopback network is not the one that programs send to.
        ((LAN, "127.0.0.2/32"), "ipv4", True),
        ((LAN, "[::1]/128"), "all", True),
        (("[::1]/128",), "ipv6", False),
    ],
)
def test_a_list_without_this_host_must_be_accepted(
    networks: tuple[str, ...], protocols: str, is_caution: bool
) -> None:
    plan = build_plan(answers_with(*networks, protocols=protocols), FRESH)
    found = [one.name for one in plan.cautions if one.name == "loopback-network"]
    assert bool(found) == is_caution
