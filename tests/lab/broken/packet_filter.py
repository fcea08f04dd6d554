"""What stands between the network and Postfix: firewalld's less known sides, nft, and routes."""

from __future__ import annotations

from typing import Optional

from tests.lab.broken.way import NOTHING, Way

_AGAIN = "firewall-cmd -q --reload"
_FROM_OUTSIDE = "iifname enp0s8"
_NAMED = "nft|packet|firewall|rule"


def _firewalld(script: str, *cause: str, stops: Optional[bool] = True, mend: str = NOTHING) -> Way:
    return Way(script, settle=NOTHING, mend=f"{_AGAIN}; {mend}", cause=cause, stops=stops)


def _nft(
    *lines: str, cause: tuple[str, ...], family: str = "inet", stops: Optional[bool] = True
) -> Way:
    """Return a way that adds a table `mine`; `lines` are nft commands within it."""
    commands = "\n".join(lines).replace("@T", f"{family} mine")
    return Way(
        f"nft -f - <<'END'\nadd table {family} mine\n{commands}\nEND",
        settle=NOTHING,
        mend=f"nft delete table {family} mine",
        cause=cause,
        stops=stops,
    )


def _input(*rules: str, cause: tuple[str, ...], stops: Optional[bool] = True) -> Way:
    chain = "add chain @T entry { type filter hook input priority -10; }"
    return _nft(chain, *(f"add rule @T entry {one}" for one in rules), cause=cause, stops=stops)


_NO_FILTER = "nft delete table ip filter 2>/dev/null || :"


def _where_iptables_is(script: str) -> str:
    """Return the script; where there is no iptables, as on EL10, what it would write into nft."""
    return (
        f"if command -v iptables >/dev/null; then\n{script}\nelse\nnft -f - <<'END'\n"
        "add table ip filter\n"
        "add chain ip filter INPUT { type filter hook input priority 0; policy accept; }\n"
        'add rule ip filter INPUT iifname "enp0s8" tcp dport 25 counter drop\nEND\nfi'
    )


WAYS = {
    "the internet bound to another zone by its addresses": _firewalld(
        "for half in 0.0.0.0/1 128.0.0.0/1; do firewall-cmd -q --zone=drop --add-source=$half; done",
        "source|0\\.0\\.0\\.0/1|drop",
        "zone",
    ),
    "25 for one in a minute": _firewalld(
        "firewall-cmd -q --zone=public --remove-service=smtp; "
        "firewall-cmd -q --zone=public --add-rich-rule='rule service name=smtp accept limit value=1/m'",
        "limit|rich|rule",
    ),
    "a rich rule against all that are not the LAN": _firewalld(
        "firewall-cmd -q --zone=public "
        "--add-rich-rule='rule family=ipv4 source NOT address=192.168.0.0/16 drop'",
        "192\\.168\\.0\\.0|rich|rule",
    ),
    "25 sent on to another port": _firewalld(
        "firewall-cmd -q --zone=public --add-forward-port=port=25:proto=tcp:toport=2525",
        "forward",
    ),
    "25 sent on to another host": _firewalld(
        "firewall-cmd -q --zone=public --add-rich-rule='rule family=ipv4 "
        "forward-port port=25 protocol=tcp to-port=25 to-addr=192.168.1.50'",
        "forward|192\\.168\\.1\\.50",
    ),
    "a direct rule": _firewalld(
        _where_iptables_is(
            "firewall-cmd -q --direct --add-rule "
            "ipv4 filter INPUT 0 -i enp0s8 -p tcp --dport 25 -j DROP"
        ),
        "direct|iptables|rule",
        mend=_NO_FILTER,
    ),
    "a rule of iptables": Way(
        _where_iptables_is(
            "iptables -I INPUT -i enp0s8 -p tcp -m multiport --dports 25,465,587 -j DROP"
        ),
        settle=NOTHING,
        mend=_NO_FILTER,
        cause=("iptables|rule|nft",),
        stops=True,
    ),
    "a policy between zones": _firewalld(
        "firewall-cmd -q --permanent --new-policy=nomail; "
        "firewall-cmd -q --permanent --policy=nomail --add-ingress-zone=public; "
        "firewall-cmd -q --permanent --policy=nomail --add-egress-zone=HOST; "
        "firewall-cmd -q --permanent --policy=nomail --add-rich-rule='rule service name=smtp reject'; "
        f"{_AGAIN}",
        "nomail|polic",
    ),
    "the service smtp by another port": _firewalld(
        "mkdir -p /etc/firewalld/services; printf '<service><short>Mail</short>"
        '<port protocol="tcp" port="2525"/></service>\' >/etc/firewalld/services/smtp.xml; '
        f"{_AGAIN}",
        "smtp",
        "services/smtp\\.xml|2525|service",
    ),
    "a zone that cannot be read at the next start": _firewalld(
        "sed -i 's|</zone>||' /etc/firewalld/zones/public.xml",
        "public\\.xml|permanent",
        stops=None,
    ),
    "an interface in another zone after the next reload": _firewalld(
        "sed -i '/enp0s8/d' /etc/firewalld/zones/public.xml; "
        "sed -i 's|</zone>|<interface name=\"enp0s8\"/></zone>|' /etc/firewalld/zones/block.xml "
        "2>/dev/null || sed 's|</zone>|<interface name=\"enp0s8\"/></zone>|' "
        "/usr/lib/firewalld/zones/block.xml >/etc/firewalld/zones/block.xml",
        "enp0s8|zone",
        "permanent|block",
        stops=None,
    ),
    "firewalld masked for the next boot": _firewalld(
        "ln -s /dev/null /etc/systemd/system/firewalld.service; systemctl daemon-reload",
        "firewalld",
        "mask",
        stops=None,
        mend="systemctl daemon-reload",
    ),
    "no word of packets that are too large": _firewalld(
        "firewall-cmd -q --zone=public --add-icmp-block=fragmentation-needed 2>/dev/null || "
        "firewall-cmd -q --zone=public --add-icmp-block=destination-unreachable",
        "icmp",
        stops=None,
    ),
    "nft sends 25 on to another port": _nft(
        "add chain @T entry { type nat hook prerouting priority -110; }",
        f"add rule @T entry {_FROM_OUTSIDE} tcp dport 25 redirect to :2525",
        family="ip",
        cause=("redirect|nft", "25"),
    ),
    "nft sends 587 on to another host": _nft(
        "add chain @T entry { type nat hook prerouting priority -110; }",
        f"add rule @T entry {_FROM_OUTSIDE} tcp dport 587 dnat to 192.168.1.50",
        family="ip",
        cause=("dnat|192\\.168\\.1\\.50|nft", "587"),
    ),
    "nft makes strangers the LAN": _nft(
        "add chain @T entry { type nat hook input priority 100; }",
        f"add rule @T entry {_FROM_OUTSIDE} tcp dport 25 snat to 192.168.1.1",
        family="ip",
        cause=("snat|masquerade|nft",),
    ),
    "nft holds back what is sent": _nft(
        "add chain @T leaving { type filter hook output priority 0; }",
        "add rule @T leaving oifname != lo tcp dport 25 drop",
        cause=("output|outgoing|sent|leav",),
    ),
    "nft holds back what Postfix sends": _nft(
        "add chain @T leaving { type filter hook output priority 0; }",
        "add rule @T leaving meta skuid postfix oifname != lo tcp dport 25 reject",
        cause=("output|outgoing|sent|leav|skuid",),
    ),
    "nft drops in a chain that is jumped to": _nft(
        "add chain @T mail",
        "add rule @T mail tcp dport 25 drop",
        "add chain @T entry { type filter hook input priority -10; }",
        f"add rule @T entry {_FROM_OUTSIDE} jump mail",
        cause=(_NAMED, "25"),
    ),
    "nft drops by a map of verdicts": _input(
        f"{_FROM_OUTSIDE} tcp dport vmap {{ 25 : drop, 587 : drop }}", cause=(_NAMED, "25")
    ),
    "nft drops by a set of ports": _nft(
        "add set @T closed { type inet_service; elements = { 465, 587 }; }",
        "add chain @T entry { type filter hook input priority -10; }",
        f"add rule @T entry {_FROM_OUTSIDE} tcp dport @closed drop",
        cause=(_NAMED, "465|587"),
    ),
    "nft drops by a range of ports": _input(
        f"{_FROM_OUTSIDE} tcp dport 20-30 drop", cause=(_NAMED, "25")
    ),
    "nft drops all but some ports": _input(
        f"{_FROM_OUTSIDE} tcp dport != {{ 22, 53, 80 }} drop", cause=(_NAMED, "25|587|465")
    ),
    "nft drops by the transport header": _input(
        f"{_FROM_OUTSIDE} meta l4proto tcp th dport 25 drop", cause=(_NAMED, "25")
    ),
    "nft drops every second packet": _input(
        f"{_FROM_OUTSIDE} tcp dport 25 numgen random mod 2 == 0 drop",
        cause=(_NAMED, "25"),
        stops=None,
    ),
    "nft lets one in a minute": _input(
        f"{_FROM_OUTSIDE} tcp dport 25 ct state new limit rate over 1/minute burst 1 packets drop",
        cause=("limit|rate|rule",),
    ),
    "nft lets one in at a time": _input(
        f"{_FROM_OUTSIDE} tcp dport 25 ct state new ct count over 1 reject",
        cause=("count|rule",),
        stops=None,
    ),
    "nft drops by a mark": _nft(
        "add chain @T first { type filter hook prerouting priority -150; }",
        f"add rule @T first {_FROM_OUTSIDE} tcp dport 25 meta mark set 0x29",
        "add chain @T entry { type filter hook input priority -10; }",
        "add rule @T entry meta mark 0x29 drop",
        cause=("mark|rule|nft",),
    ),
    "nft drops before connections are known": _nft(
        "add chain @T first { type filter hook prerouting priority -300; }",
        f"add rule @T first {_FROM_OUTSIDE} tcp dport 25 drop",
        cause=(_NAMED, "25"),
    ),
    "nft drops at the interface": _nft(
        "add chain @T first { type filter hook ingress device enp0s8 priority 0; }",
        "add rule @T first tcp dport 25 drop",
        family="netdev",
        cause=(_NAMED, "25|netdev"),
    ),
    "nft drops the answers of 25": _nft(
        "add chain @T leaving { type filter hook output priority 0; }",
        "add rule @T leaving oifname enp0s8 tcp sport 25 drop",
        cause=(_NAMED, "25|output|sport"),
    ),
    "nft drops new connections of everybody": _input(
        f"{_FROM_OUTSIDE} ct state new drop", cause=(_NAMED,)
    ),
    "nft drops all that is not the LAN's": _input(
        f"{_FROM_OUTSIDE} ip saddr != 192.168.0.0/16 meta l4proto tcp drop", cause=(_NAMED,)
    ),
    "no way back to the internet": Way(
        "ip route add blackhole 0.0.0.0/1; ip route add blackhole 128.0.0.0/1; "
        "ip route del 203.0.113.0/24 dev enp0s8",
        settle=NOTHING,
        mend="ip route del blackhole 0.0.0.0/1; ip route del blackhole 128.0.0.0/1; "
        "ip route add 203.0.113.0/24 dev enp0s8 proto kernel scope link src 203.0.113.1",
        cause=("route|blackhole",),
        stops=True,
    ),
    "no answers from the outer address": Way(
        "ip rule add from 203.0.113.1 blackhole prio 10",
        settle=NOTHING,
        mend="ip rule del prio 10",
        cause=("ip rule|route|blackhole",),
        stops=True,
    ),
    "the outer interface is down": Way(
        "ip link set enp0s8 down",
        settle=NOTHING,
        mend="ip link set enp0s8 up; sleep 0.3",
        cause=("enp0s8",),
        stops=True,
    ),
}
