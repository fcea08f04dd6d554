"""The firewall: firewalld's two sides, its zones, and rules that it knows nothing of."""

from __future__ import annotations

from typing import Any

from tests.lab.broken.way import NOTHING, Way

_AGAIN = "firewall-cmd -q --reload"


def _firewalld(script: str, mend: str = _AGAIN, **findings: Any) -> Way:
    return Way(script, **findings, settle=NOTHING, mend=mend)


WAYS = {
    "closed now": _firewalld(
        "firewall-cmd -q --zone=public --remove-service=smtp",
        wrong={"firewall.runtime": "--add-service=smtp"},
    ),
    "open until the next reload": _firewalld(
        "firewall-cmd -q --permanent --zone=public --remove-service=smtps",
        wrong={"firewall.permanent": "--permanent"},
    ),
    "the interfaces in another zone": _firewalld(
        "for one in enp0s3 enp0s8; do firewall-cmd -q --zone=block --change-interface=$one; done",
        mend="for one in enp0s3 enp0s8; do "
        "firewall-cmd -q --zone=public --change-interface=$one; done",
        wrong={"firewall.zone": "zone"},
    ),
    "a rich rule against it": _firewalld(
        "firewall-cmd -q --zone=public --add-rich-rule='rule family=ipv4 service name=smtp reject'",
        wrong={"firewall.rules": "rule"},
    ),
    "stopped": Way(
        "systemctl stop firewalld",
        {"firewall.runtime": "enable --now firewalld"},
        settle=NOTHING,
        mend="systemctl start firewalld",
    ),
    "not started at boot": Way(
        "systemctl -q disable firewalld",
        {},
        {"firewall.boot": "enable"},
        settle=NOTHING,
        mend="systemctl -q enable firewalld",
    ),
    "a rule in nft alone": Way(
        "nft add table inet mine; "
        "nft 'add chain inet mine input { type filter hook input priority 0; }'; "
        "nft add rule inet mine input iifname enp0s8 tcp dport 25 drop",
        {"firewall.rules": "nft"},
        settle=NOTHING,
        mend="nft delete table inet mine",
    ),
    "port 25 led to another program": Way(
        "nft add table ip t; nft 'add chain ip t p { type nat hook prerouting priority dstnat; }'; "
        "nft add rule ip t p tcp dport 25 redirect to :2525",
        {"firewall.addresses": "Delete the rule"},
        settle=NOTHING,
        mend="nft delete table ip t",
    ),
    "port 587 led to another host by a chain that others call": Way(
        "nft add table ip t; nft 'add chain ip t p { type nat hook prerouting priority dstnat; }'; "
        "nft add chain ip t q; nft add rule ip t q tcp dport 587 dnat to 192.168.1.77; "
        "nft add rule ip t p tcp dport vmap '{ 587 : jump q }'",
        {"firewall.addresses": "Delete the rule"},
        settle=NOTHING,
        mend="nft delete table ip t",
    ),
    "strangers who come from this host's own address": Way(
        "nft add table ip t; nft 'add chain ip t p { type nat hook input priority 100; }'; "
        "nft add rule ip t p masquerade || nft add rule ip t p snat to 127.0.0.1",
        {"firewall.addresses": "relay"},
        settle=NOTHING,
        mend="nft delete table ip t",
    ),
    "a map of verdicts against a port": Way(
        "nft add table inet mine; "
        "nft 'add chain inet mine input { type filter hook input priority 0; }'; "
        "nft add rule inet mine input tcp dport vmap '{ 25 : drop, 80 : accept }'",
        {"firewall.rules": "nft"},
        settle=NOTHING,
        mend="nft delete table inet mine",
    ),
    "a chain against a port that another calls": Way(
        "nft add table inet mine; "
        "nft 'add chain inet mine input { type filter hook input priority 0; }'; "
        "nft add chain inet mine no; nft add rule inet mine no drop; "
        "nft add rule inet mine input tcp dport 465 goto no",
        {"firewall.rules": "nft"},
        settle=NOTHING,
        mend="nft delete table inet mine",
    ),
    "a chain in nft that lets nobody in": Way(
        "nft add table inet mine; "
        "nft 'add chain inet mine input { type filter hook input priority 0; policy drop; }'; "
        "nft add rule inet mine input iifname lo accept; "
        "nft add rule inet mine input ct state established accept; "
        "nft add rule inet mine input tcp dport { 22, 53, 25 } accept",
        {"firewall.rules": "open the port there"},
        settle=NOTHING,
        mend="nft delete table inet mine",
    ),
}
