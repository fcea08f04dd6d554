"""A router that shows strangers as its own address, which may relay."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from wizard.check.network.router import default_gateway, judge_router, may_relay
from wizard.door import Door
from wizard.finding import RIGHT, UNKNOWN, WARNING

HEAD = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
LAN = "enp0s3\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
ROUTER = "enp0s3\t00000000\tFE01A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
NETWORKS = "192.168.1.0/24, 127.0.0.0/8"


def connects(*clients: str) -> str:
    return "".join(
        f"1764000000.000000 ace postfix/smtpd[{number}]: connect from unknown[{client}]\n"
        for number, client in enumerate(clients, 100)
    )


def root(tmp_path: Path, routes: str) -> Door:
    place = tmp_path / "proc/net"
    place.mkdir(parents=True)
    (place / "route").write_text(routes)
    return Door(tmp_path)


@pytest.mark.parametrize(
    ("log", "verdict", "seen"),
    [
        (
            connects("192.168.1.254"),
            WARNING,
            "1 connection on 25 by 192.168.1.254, 0 by strangers",
        ),
        (connects(*["192.168.1.254"] * 9, "5.6.7.8"), WARNING, "9 connections"),
        (connects("192.168.1.254", "5.6.7.8", "9.10.11.12"), RIGHT, "2 by strangers"),
        (connects("192.168.1.254", "192.0.2.1", "198.51.100.9", "203.0.113.1"), WARNING, "0 by"),
        # Before strangers came nobody knows by which address they come.
        (connects("192.168.1.7", "127.0.0.1"), UNKNOWN, "0 connections on 25 by strangers"),
        (
            connects("192.168.1.254").replace("postfix/smtpd", "postfix/submission/smtpd"),
            UNKNOWN,
            "none by it",
        ),
        ("connect from unknown[192.168.1.254]\n", UNKNOWN, "none by it"),
        (connects("5.6.7.8"), UNKNOWN, "1 connection on 25 by strangers"),
        (connects("5.6.7.8", "9.10.11.12"), RIGHT, "2 connections on 25 by strangers, none by it"),
        (connects("fe80::1%eth0", "unknown", "192.168.1.254"), WARNING, ""),
        ("", UNKNOWN, ""),
    ],
)
def test_who_came_by_the_routers_address(tmp_path: Path, log: str, verdict: str, seen: str) -> None:
    (finding,) = judge_router(root(tmp_path, HEAD + LAN + ROUTER), NETWORKS, log)
    assert (finding.id, finding.verdict, finding.fatal) == ("networks.router", verdict, False)
    assert seen in finding.seen
    assert ("`!192.168.1.254`" in finding.advice) == (verdict == WARNING)


@pytest.mark.parametrize(
    ("routes", "networks"),
    [
        (HEAD + LAN, NETWORKS),
        ("", NETWORKS),
        (HEAD + ROUTER, "10.0.0.0/8"),
        (HEAD + ROUTER, ""),
        (HEAD + ROUTER, f"!192.168.1.254, {NETWORKS}"),
        (HEAD + ROUTER, "hash:/etc/postfix/networks, $other"),
        (HEAD + ROUTER.replace("FE01A8C0", "no hex!!"), NETWORKS),
        (HEAD + ROUTER.replace("FE01A8C0", "FE01"), NETWORKS),
    ],
)
def test_nothing_is_said_where_the_router_may_not_relay(
    tmp_path: Path, routes: str, networks: str
) -> None:
    log = connects("192.168.1.254")
    assert not list(judge_router(root(tmp_path, routes), networks, log))


def test_without_the_kernels_routes_nothing_is_said(tmp_path: Path) -> None:
    assert not list(judge_router(Door(tmp_path), NETWORKS, connects("192.168.1.254")))


def test_the_kernels_bytes_are_turned_round() -> None:
    assert default_gateway(HEAD + LAN + ROUTER) == ipaddress.IPv4Address("192.168.1.254")


def test_the_first_item_that_fits_decides() -> None:
    inner = ipaddress.ip_address("192.168.1.254")
    assert may_relay(inner, ["10.0.0.0/8", "192.168.0.0/16"])
    assert may_relay(inner, ["192.168.1.0/24", "!192.168.1.254"])
    assert not may_relay(inner, ["!192.168.1.254/32", "192.168.1.0/24"])
    assert may_relay(ipaddress.ip_address("2001:db8::1"), ["[2001:db8::]/32"])
