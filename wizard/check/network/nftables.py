"""Check the kernel's packet filter (nft(8)), because firewalld knows only its own rules."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator

from wizard.answers.sections.networks import Networks
from wizard.check.commands import CommandResult
from wizard.check.network.matches import ANSWER, OUT
from wizard.check.network.packets import FIREWALLD, HIDDEN, Chain, Journey, Ruleset
from wizard.check.network.ports import PORTS
from wizard.finding import UNKNOWN, WARNING, WRONG, Check, Finding
from wizard.host.facts import Network
from wizard.plan.firewall import PORTS as SERVICE_PORTS
from wizard.text import printable

NFT = ("nft", "-j", "list", "ruleset")

_RULES = Check("firewall.rules", "firewall: rules of the kernel", "none against them")
_ADDRESSES = Check(
    "firewall.addresses", "firewall: rules that change addresses", "none for these ports"
)


_OUTGOING = Check(
    "firewall.outgoing", "firewall: what leaves this host", "none against it", fatal=False
)
_SMTP = 25

_POLICY = re.compile(r"_policy_(.+?)(?:_(?:pre|log|deny|allow|post))?$")
_INNER = ("docker", "br-", "virbr", "vnet", "veth", "cni", "podman", "lxc", "lxd", "tap")
"""How the names of interfaces begin that lead to containers and virtual machines."""


def judge_rules(
    result: CommandResult,
    networks: Networks,
    network: Network,
    claimed: Collection[int] = (),
) -> Iterator[Finding]:
    """`firewall.rules`: the kernel lets strangers in; `firewall.addresses`: to Postfix, as themselves.

    `firewall.outgoing`: it lets out what Postfix sends, and the answers of its ports.
    Rules for IPv6 count if Postfix uses it. What firewalld's zone has closed is another finding's, but not
    for the ports that it opens by its services (`claimed`).
    """
    if result.failure:
        yield _RULES.unknown(result.failure)
        return
    zone = networks.firewall_zone
    try:
        ruleset = Ruleset(json.loads(result.text)["nftables"], zone, _outer(network))
    except (ValueError, KeyError, TypeError):
        yield _RULES.unknown("nft printed no list")
        return
    families = ("ip",) if networks.inet_protocols == "ipv4" else ("ip", "ip6")
    try:
        journeys = {port: [ruleset.follow(port, family) for family in families] for port in PORTS}
        leaving = {
            **{f"answers of {port}": ruleset.follow(port, way=ANSWER) for port in PORTS},
            "mail to port 25 of others": ruleset.follow(_SMTP, way=OUT),
        }
    except (AttributeError, KeyError, TypeError, ValueError):
        yield _RULES.unknown("nft printed rules of a form that is not understood here")
        return
    yield _refused(journeys, zone, claimed)
    yield _changed(journeys, zone)
    yield _leaves(leaving)


def _leaves(journeys: dict[str, Journey]) -> Finding:
    refused = {what: one for what, one in journeys.items() if one.refused and not one.by_source}
    if refused:
        one = next(iter(refused.values()))
        table = " ".join(one.by[:2])
        return _OUTGOING.wrong(
            printable(f"{' '.join(one.by)}: {one.refused}: {', '.join(refused)}"),
            printable(f"`nft list table {table}` shows the rule of output: delete it."),
        )
    odd = next((what for what, one in journeys.items() if one.refused or one.odd), "")
    if odd:
        return _OUTGOING.unknown(f"{odd} may meet a rule that is not understood here")
    return _OUTGOING.right("none against what Postfix sends and answers")


def let_in(result: CommandResult, networks: Networks, network: Network) -> frozenset[int]:
    """Return the ports to which firewalld's rules let each stranger; none where that is not sure."""
    try:
        ruleset = Ruleset(
            json.loads(result.text)["nftables"], networks.firewall_zone, _outer(network)
        )
        journeys = {port: ruleset.follow(port) for port in PORTS}
    except (AttributeError, KeyError, TypeError, ValueError):
        return frozenset()
    if not any(table == FIREWALLD for _, table, _ in ruleset.chains):
        return frozenset()
    return frozenset(
        port
        for port, one in journeys.items()
        if not (one.refused or one.by_source or one.odd or one.shares)
    )


def _outer(network: Network) -> tuple[str, ...]:
    """Return the interfaces of strangers; without a default route all that lead out of the host."""
    return network.outside or tuple(one for one in network.interfaces if not one.startswith(_INNER))


def _refused(journeys: dict[int, list[Journey]], zone: str, claimed: Collection[int]) -> Finding:
    own = {"filter_INPUT", f"filter_IN_{zone}"}
    refused: dict[tuple[str, Chain], list[str]] = {}
    by_source: list[tuple[str, Chain, int]] = []
    for port, several in journeys.items():
        for one in several:
            is_zones = one.by[1] == FIREWALLD and one.by[2] in own
            if not one.refused or (is_zones and port not in claimed):
                continue
            if is_zones:
                name = next(name for name, number in SERVICE_PORTS.items() if number == port)
                return _RULES.wrong(
                    printable(
                        f"{' '.join(one.by)}: {one.refused} on {port}, though the zone has {name}"
                    ),
                    f"`firewall-cmd --info-service={name}` shows its ports: correct "
                    f"/etc/firewalld/services/{name}.xml, then `firewall-cmd --reload`.",
                )
            if one.by_source:
                by_source.append((one.refused, one.by, port))
            else:
                ports = refused.setdefault((one.refused, one.by), [])
                ports += [str(port)] * (str(port) not in ports)
    odd = next((one for several in journeys.values() for each in several for one in each.odd), None)
    if refused:
        (verdict, chain), ports = next(iter(refused.items()))
        seen = f"{' '.join(chain)}: {verdict} on {', '.join(ports)}"
        return _RULES.wrong(printable(seen), printable(_remedy(chain, zone)))
    shares = [
        (share, chain, port)
        for port, several in journeys.items()
        for one in several
        for share, chain in one.shares
    ]
    if shares:
        share, chain, port = min(shares, key=lambda one: not one[0].stops)
        seen = f"{' '.join(chain)}: lets only a part through on {port}: {share.does}"
        verdict = WRONG if share.stops else WARNING
        return _RULES.finding(verdict, printable(seen), printable(_remedy(chain, zone)))
    if by_source:
        verdict, chain, port = by_source[0]
        seen = f"not known: {' '.join(chain)}: {verdict} on {port} depends on a stranger's address"
        return _RULES.finding(UNKNOWN, printable(seen), printable(_remedy(chain, zone)))
    if odd is not None:
        seen = f"not known: {' '.join(odd)} has a rule that is not understood here"
        return _RULES.finding(UNKNOWN, printable(seen), printable(_remedy(odd, zone)))
    return _RULES.right("none refuses these ports")


def _changed(journeys: dict[int, list[Journey]], zone: str) -> Finding:
    changes = [
        (port, change)
        for port, several in journeys.items()
        for one in several
        for change in one.changed
    ]
    for port, change in sorted(changes, key=lambda one: not one[1].is_sure):
        seen = f"{' '.join(change.chain)}: {change.does} on {port}"
        table = " ".join(change.chain[:2])
        loss = (
            "every stranger comes from an address of this host, which mynetworks may let relay"
            if change.kind == HIDDEN
            else "its mail does not come to Postfix"
        )
        if not change.is_sure:
            remedy = f"`nft list table {table}` shows for whom."
            return _ADDRESSES.finding(
                UNKNOWN, printable(f"not known: {seen}, for some"), printable(remedy)
            )
        remedy = f"`nft list table {table}` shows it: {loss}. Delete the rule."
        if change.chain[1] == FIREWALLD:
            remedy = (
                f"`firewall-cmd --zone={zone} --list-forward-ports` and --list-rich-rules show it: "
                f"{loss}. Remove it there."
            )
        return _ADDRESSES.wrong(printable(seen), printable(remedy))
    return _ADDRESSES.right("none for these ports")


def _remedy(chain: Chain, zone: str) -> str:
    policy = _POLICY.search(chain[2]) if chain[1] == FIREWALLD else None
    if policy is not None:
        return f"`firewall-cmd --info-policy={policy[1]}` shows it: remove the rule there."
    if chain[1] == FIREWALLD:
        return (
            f"`firewall-cmd --zone={zone} --list-all` and --get-all-rules of --direct show it: remove "
            "the rule there."
        )
    table = " ".join(chain[:2])
    return f"`nft list table {table}` shows it: open the port there, or delete the rule."
