"""How this host finds names: resolv.conf, hosts, nsswitch.conf, services, its own name server."""

from __future__ import annotations

from typing import Optional

from tests.lab.broken.way import NOTHING, Way, line, restart

_RESOLV = "/etc/resolv.conf"
_NAMED = restart("named")


def _way(script: str, *cause: str, stops: Optional[bool] = None, mend: str = NOTHING) -> Way:
    return Way(script, settle=NOTHING, mend=mend, cause=cause, stops=stops)


WAYS = {
    "a dead resolver in front of a living one": _way(
        f"printf 'nameserver 192.0.2.53\\nnameserver 127.0.0.1\\n' >{_RESOLV}",
        "resolv\\.conf|192\\.0\\.2\\.53",
        "192\\.0\\.2\\.53|slow|first",
    ),
    "a dead resolver behind a living one": _way(
        f"printf 'nameserver 127.0.0.1\\nnameserver 192.0.2.53\\n' >{_RESOLV}",
        "192\\.0\\.2\\.53",
        stops=False,
    ),
    "a resolv.conf that only root may read": _way(
        f"chmod 600 {_RESOLV}", "resolv\\.conf", "read|mode|644", mend=f"chmod 644 {_RESOLV}"
    ),
    "a resolv.conf that leads nowhere": _way(
        f"rm {_RESOLV}; ln -s /run/systemd/resolve/stub-resolv.conf {_RESOLV}",
        "resolv\\.conf",
        mend=f"rm -f {_RESOLV}; cp -a /root/right{_RESOLV} {_RESOLV}",
    ),
    "a resolv.conf without a resolver": _way(
        f"printf 'search zeke.ne.jp\\n# nameserver 127.0.0.1\\n' >{_RESOLV}", "resolv\\.conf"
    ),
    "a resolver that refuses this host": _way(
        "sed -i 's/allow-query .*/allow-query { 192.168.1.0\\/24; };/' /etc/named.conf; " + _NAMED,
        "REFUSED|refuse|resolver",
        stops=True,
        mend="sed -i 's/allow-query .*/allow-query { any; };/' /etc/named.conf; " + _NAMED,
    ),
    "a public resolver, which the lists refuse": _way(
        "ip address add 8.8.8.8/32 dev lo; "
        "sed -i 's/listen-on port 53 {/& 8.8.8.8;/' /etc/named.conf; "
        f"printf 'nameserver 8.8.8.8\\n' >{_RESOLV}; {_NAMED}",
        "resolv",
        "8\\.8\\.8\\.8",
        mend="ip address del 8.8.8.8/32 dev lo; sed -i 's/ 8.8.8.8;//' /etc/named.conf; " + _NAMED,
    ),
    "its own name server does not start at boot": _way(
        "systemctl -q disable named", "named", "enable|boot", mend="systemctl -q enable named"
    ),
    "the own name at another address in hosts": _way(
        "printf '198.51.100.7 mail.zeke.ne.jp mail\\n' >>/etc/hosts",
        "/etc/hosts",
        "198\\.51\\.100\\.7",
    ),
    "the own name at loopback in hosts": _way(
        "sed -i 's/^127.0.0.1 /127.0.0.1 mail.zeke.ne.jp /' /etc/hosts",
        "/etc/hosts",
        "mail\\.zeke\\.ne\\.jp",
    ),
    "no localhost in hosts": _way(": >/etc/hosts", "localhost", "/etc/hosts"),
    "names from hosts alone": _way(
        "sed -i 's/^hosts:.*/hosts: files/' /etc/nsswitch.conf", "nsswitch", "dns"
    ),
    "ports without names": _way(
        "cp /etc/services /srv/broken/services; sed -i -E '/^(submissions?|smtps)\\b/d' /etc/services",
        "/etc/services",
        "submission",
        mend="cp /srv/broken/services /etc/services",
    ),
    "a port by another number": _way(
        "cp /etc/services /srv/broken/services; sed -i 's|587/tcp|588/tcp|' /etc/services",
        "/etc/services|587",
        "submission|588",
        mend="cp /srv/broken/services /etc/services",
    ),
    "a list that died long ago": Way(
        "printf 'relays.ordb.org.\\tIN NS ns.zeke.ne.jp.\\n*.relays.ordb.org.\\tIN A 127.0.0.2\\n' "
        ">>/var/named/root.zone; sed -i '/IN NS ns.zeke.ne.jp.$/{/ordb/d}' /var/named/root.zone; "
        f"{_NAMED}\n"
        + line("smtpd_client_restrictions = permit_mynetworks, reject_rbl_client relays.ordb.org"),
        mend=_NAMED,
        cause=("ordb",),
        stops=True,
    ),
    "a list by a misspelt name": Way(
        line("smtpd_client_restrictions = permit_mynetworks, reject_rbl_client zen.spamhous.org"),
        cause=("spamhous",),
        stops=False,
    ),
    "a list whose answers mean praise": Way(
        "printf '*.list.dnswl.org.\\tIN A 127.0.10.3\\n' >>/var/named/root.zone; "
        f"{_NAMED}\n"
        + line("smtpd_client_restrictions = permit_mynetworks, reject_rbl_client list.dnswl.org"),
        mend=_NAMED,
        cause=("dnswl",),
        stops=True,
    ),
    "the name of the host is localhost": Way(
        "hostname localhost.localdomain",
        settle=NOTHING,
        mend="hostname ace.zeke.ne.jp",
        cause=("localhost\\.localdomain|hostname",),
        stops=False,
    ),
    "the name of the host has no domain": Way(
        "hostname ace; sed -i 's/^mydomain.*//; s/^myhostname.*//' /etc/postfix/main.cf",
        mend="hostname ace.zeke.ne.jp",
        cause=("myhostname|hostname",),
        stops=None,
    ),
}
