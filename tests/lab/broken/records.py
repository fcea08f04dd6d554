"""The zone: MX, A, PTR, DMARC and the newer records that lead mail, logins and renewals astray."""

from __future__ import annotations

from typing import Optional

from tests.lab.broken.way import NOTHING, Way, restart

_ZONE = "zeke.ne.jp.zone"
_REVERSE = "113.0.203.in-addr.arpa.zone"
_RELOADED = restart("named")
_SEEN_FROM_OUTSIDE = "sed -i 's/^mail\\tIN A\\t.*/mail\\tIN A\\t203.0.113.1/' zeke.ne.jp.zone"
_OUR_MX = "0,/MX\\t10 mail.zeke.ne.jp./s//{0}/"


def _zone(
    *scripts: str, cause: tuple[str, ...], stops: Optional[bool] = None, mend: str = NOTHING
) -> Way:
    return Way(
        "cd /var/named\n" + "\n".join(scripts) + f"\n{_RELOADED}",
        settle=NOTHING,
        mend=f"{mend}\n{_RELOADED}",
        cause=cause,
        stops=stops,
    )


def _add(*rows: str, zone: str = _ZONE) -> str:
    text = "\n".join(rows)
    return f"cat >>{zone} <<'END'\n{text}\nEND"


def _mx(to: str, *cause: str, also: str = NOTHING) -> Way:
    """Return a way that gives the domain another MX in place of ours."""
    return _zone(f"sed -i '{_OUR_MX.format(to)}' {_ZONE}", also, cause=("\\bMX\\b", *cause))


def _dmarc(*texts: str, cause: tuple[str, ...], stops: Optional[bool] = False) -> Way:
    spf = '@ IN TXT "v=spf1 ip4:203.0.113.1 ip4:192.168.1.1 -all"'
    rows = [f'_dmarc IN TXT "{text}"' for text in texts]
    return _zone(_SEEN_FROM_OUTSIDE, _add(spf, *rows), cause=("DMARC", *cause), stops=stops)


WAYS = {
    "an MX of lower preference is another's": _zone(
        _add("@ IN MX 5 mail.stranger.example."), cause=("\\bMX\\b", "mail\\.stranger\\.example")
    ),
    "an MX of the same preference is another's": _zone(
        _add("@ IN MX 10 mail.stranger.example."), cause=("\\bMX\\b", "mail\\.stranger\\.example")
    ),
    "an MX that is an address": _mx("MX\\t10 203.0.113.1.", "203\\.0\\.113\\.1"),
    "an MX that says that no mail is taken": _mx("MX\\t0 .", "null|no mail|7505"),
    "an MX to a name without an address": _mx("MX\\t10 mx1.zeke.ne.jp.", "mx1\\.zeke\\.ne\\.jp"),
    "an MX without its last dot": _mx(
        "MX\\t10 mail.zeke.ne.jp", "mail\\.zeke\\.ne\\.jp\\.zeke\\.ne\\.jp|dot"
    ),
    "an MX that is an alias": _mx("MX\\t10 www.zeke.ne.jp.", "www\\.zeke\\.ne\\.jp|CNAME"),
    "an MX that is the host itself": _mx(
        "MX\\t10 localhost.", "localhost", also=_add("localhost.zeke.ne.jp. IN A 127.0.0.1")
    ),
    "the name without an IPv4 address": _zone(
        "sed -i 's/^mail\\tIN A.*/mail\\tIN TXT \"moved\"/' zeke.ne.jp.zone",
        cause=("mail\\.zeke\\.ne\\.jp", "no A\\b|\\bA record|IN A\\b|no IPv4|no address"),
    ),
    "the name with the address of another host": _zone(
        "sed -i 's/^mail\\tIN A.*/mail\\tIN A 198.51.100.7/' zeke.ne.jp.zone",
        cause=("198\\.51\\.100\\.7",),
    ),
    "the name with one more address": _zone(
        _add("mail IN A 198.51.100.7"), cause=("198\\.51\\.100\\.7",)
    ),
    "the name by a wildcard alone": _zone(
        "sed -i '/^mail\\t/,+2d' zeke.ne.jp.zone",
        _add("* IN A 198.51.100.7"),
        cause=("mail\\.zeke\\.ne\\.jp", "198\\.51\\.100\\.7"),
    ),
    "a pointer to another name": _zone(
        f"sed -i 's/^1\\tIN PTR.*/1 IN PTR 1-113-0-203.dsl.provider.example./' {_REVERSE}",
        cause=("PTR", "provider\\.example"),
    ),
    "a pointer to a name that does not lead back": _zone(
        f"sed -i 's/^1\\tIN PTR.*/1 IN PTR cafe.zeke.ne.jp./' {_REVERSE}",
        cause=("PTR", "cafe\\.zeke\\.ne\\.jp"),
    ),
    "a pointer without its last dot": _zone(
        f"sed -i 's/^1\\tIN PTR.*/1 IN PTR mail.zeke.ne.jp/' {_REVERSE}",
        cause=("PTR", "in-addr\\.arpa|dot"),
    ),
    "a zone that cannot be loaded": _zone(
        _add("mail IN CNAME ace"),
        "set +e",
        cause=("zeke\\.ne\\.jp", "SERVFAIL|REFUSED|zone|answer"),
    ),
    "a name server that does not answer": _zone(
        _add("@ IN NS ns2.zeke.ne.jp.", "ns2 IN A 192.0.2.53"),
        cause=("ns2|192\\.0\\.2\\.53",),
        stops=False,
    ),
    "DMARC without its semicolon": _dmarc("v=DMARC1 p=none", cause=("v=DMARC1|semicolon|;",)),
    "two DMARC records": _dmarc(
        "v=DMARC1; p=none", "v=DMARC1; p=reject", cause=("two|one|several|2",)
    ),
    "DMARC without a policy": _dmarc("v=DMARC1; rua=mailto:root@zeke.ne.jp", cause=("\\bp=",)),
    "DMARC of a policy that there is not": _dmarc("v=DMARC1; p=block", cause=("block",)),
    "DMARC with its parts in another order": _dmarc("p=none; v=DMARC1", cause=("v=DMARC1|first",)),
    "DMARC with reports to a domain that wants none": _dmarc(
        "v=DMARC1; p=none; rua=mailto:dmarc@stranger.example", cause=("rua|stranger\\.example",)
    ),
    "DMARC with reports to nobody": _dmarc(
        "v=DMARC1; p=none; rua=mailto:dmarc-reports@zeke.ne.jp", cause=("rua|dmarc-reports",)
    ),
    "DMARC with a report address without mailto": _dmarc(
        "v=DMARC1; p=none; rua=root@zeke.ne.jp", cause=("rua|mailto",)
    ),
    "DMARC that rejects what nothing proves": _zone(
        _SEEN_FROM_OUTSIDE,
        _add('_dmarc IN TXT "v=DMARC1; p=reject"'),
        cause=("DMARC", "reject", "SPF|DKIM"),
    ),
    "a TLSA record of another certificate": _zone(
        _add("_25._tcp.mail IN TLSA 3 1 1 " + "ab" * 32), cause=("TLSA|DANE",), stops=False
    ),
    "MTA-STS without its policy": _zone(
        _add('_mta-sts IN TXT "v=STSv1; id=20260101000000Z;"'), cause=("mta-sts",), stops=False
    ),
    "an authority that may not issue": _zone(
        _add('@ IN CAA 0 issue "pki.example"'), cause=("CAA",), stops=False
    ),
    "a hint for people's programs that leads elsewhere": _zone(
        _add("_submission._tcp IN SRV 0 1 587 mail.stranger.example."),
        cause=("SRV|_submission",),
        stops=False,
    ),
    "our domain on a list of domains": _zone(
        _add("zeke.ne.jp IN A 127.0.1.2", zone="dbl.spamhaus.org.zone"),
        cause=("dbl", "zeke\\.ne\\.jp"),
    ),
    "a list whose domain was sold": _zone(
        "printf '*\\tIN A 198.51.100.80\\n' >>bl.spamcop.net.zone",
        cause=("spamcop", "198\\.51\\.100\\.80|lists all|every|127\\."),
        stops=None,
    ),
    "a list that does not answer": _zone(
        "echo broken >>bl.spamcop.net.zone", "set +e", cause=("spamcop",), stops=False
    ),
}
