"""Names, the resolver behind them, and the blocklists, which are names too."""

from __future__ import annotations

from typing import Any

from tests.lab.broken.way import NOTHING, Way, restart

_RELOADED = restart("named")
_MEND = _RELOADED


def _zone(script: str, **findings: Any) -> Way:
    return Way(f"cd /var/named; {script}; {_RELOADED}", **findings, settle=NOTHING, mend=_MEND)


_OUR = "zeke.ne.jp.zone"

WAYS = {
    "a dead resolver": Way(
        "systemctl stop named", {"dns.resolver": "resolv.conf"}, settle=NOTHING, mend=_MEND
    ),
    "a resolver that is not there": Way(
        "echo 'nameserver 192.0.2.53' >/etc/resolv.conf",
        {"dns.resolver": "resolv.conf"},
        settle=NOTHING,
    ),
    "a resolver that answers everything": _zone(
        "printf '*.\\tIN A 192.0.2.80\\n' >>root.zone", wrong={"dns.resolver": "answers"}
    ),
    "mail led elsewhere": _zone(
        f"sed -i '0,/MX\\t10 mail.zeke.ne.jp./s//MX\\t10 mx.stranger.example./' {_OUR}",
        warning={"dns.mx": "IN MX"},
    ),
    "no MX for a local name": _zone(
        f"sed -i '/^cafe/,+1{{/MX/d}}' {_OUR}", warning={"dns.mx.local": "MX"}
    ),
    "an alias in place of an address": _zone(
        f"sed -i '/^mail\\t/,+2d' {_OUR}; printf 'mail IN CNAME ace\\n' >>{_OUR}",
        warning={"dns.cname": "A record"},
    ),
    "no pointer": _zone(
        "sed -i '/PTR/d' 113.0.203.in-addr.arpa.zone", warning={"dns.ptr.203.0.113.1": "PTR"}
    ),
    "two SPF records": _zone(
        f'printf \'@ IN TXT "v=spf1 mx -all"\\n@ IN TXT "v=spf1 a -all"\\n\' >>{_OUR}',
        warning={"dns.spf": "keep one"},
    ),
    "a list that refuses all": _zone(
        "printf '*\\tIN A 127.0.0.2\\n*.0.0.127\\tIN A 127.0.0.2\\n' >>bl.spamcop.net.zone",
        warning={"blocklist.spamcop": "Leave the list out"},
    ),
    "a list that is gone": _zone(
        "sed -i '/^2.0.0.127/,$d' bl.spamcop.net.zone",
        warning={"blocklist.spamcop": "still exists"},
    ),
    "a list that answers with an error": _zone(
        "sed -i '/^2.0.0.127/,$d' zen.spamhaus.org.zone; "
        "printf '*\\tIN A 127.255.255.254\\n' >>zen.spamhaus.org.zone",
        warning={"blocklist.spamhaus-zen": "resolver"},
    ),
    "this server on a list": _zone(
        "printf '1.113.0.203\\tIN A 127.0.0.4\\n' >>zen.spamhaus.org.zone",
        warning={"blocklist.spamhaus-zen.own": "taken off"},
    ),
    "SPF for another address": _zone(
        f"printf '@ IN TXT \"v=spf1 ip4:198.51.100.7 -all\"\\n' >>{_OUR}",
        warning={"dns.spf": "ip4:203.0.113.1"},
    ),
    "SPF that is void": _zone(
        f"printf '@ IN TXT \"v=spf1 ipv4:203.0.113.1 -all\"\\n' >>{_OUR}",
        warning={"dns.spf": "Correct"},
    ),
    "SPF for everybody": _zone(
        f"printf '@ IN TXT \"v=spf1 +all\"\\n' >>{_OUR}", warning={"dns.spf": "-all"}
    ),
    "SPF of the server's own name for another address": _zone(
        f"printf 'mail IN TXT \"v=spf1 ip4:198.51.100.7 -all\"\\n' >>{_OUR}",
        warning={"dns.spf.host": "ip4:203.0.113.1"},
    ),
    "a DMARC record without a policy": _zone(
        f"printf '_dmarc IN TXT \"v=DMARC1; rua=mailto:a@zeke.ne.jp\"\\n' >>{_OUR}",
        warning={"dns.dmarc": "7489"},
    ),
    "another server before this one": _zone(
        f"printf '@ IN MX 5 other.stranger.example.\\n' >>{_OUR}",
        warning={"dns.mx": "lowest number"},
    ),
    "a list whose domain has changed hands": _zone(
        "printf '1.113.0.203\\tIN A 203.0.113.99\\n' >>zen.spamhaus.org.zone",
        warning={"blocklist.spamhaus-zen.own": "no listing"},
    ),
    "a list that answers for this host with an error": _zone(
        "printf '1.113.0.203\\tIN A 127.255.255.254\\n' >>zen.spamhaus.org.zone",
        warning={"blocklist.spamhaus-zen.own": "no listing"},
    ),
}
