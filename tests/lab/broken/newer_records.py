"""Records for transport security and mail programs, of local domains, and at several name servers."""

from __future__ import annotations

from tests.lab.broken.way import NOTHING, Way, line, restart

_ZONE = "zeke.ne.jp.zone"
_RELOADED = restart("named")
_SEEN_FROM_OUTSIDE = "sed -i 's/^mail\\tIN A\\t.*/mail\\tIN A\\t203.0.113.1/' zeke.ne.jp.zone"


def _add(*rows: str, zone: str = _ZONE) -> str:
    text = "\n".join(rows)
    return f"cat >>{zone} <<'END'\n{text}\nEND"


def _two_servers(old: str) -> Way:
    """Return a way by which a second name server has another zone, or none: a view of the same named."""
    script = f"""
cp /etc/named.conf /srv/broken/named.conf
cd /var/named; sed 's/MX\\t10 mail/MX\\t20 mail/' {_ZONE} >old.zone
printf 'ns2\\tIN A 203.0.113.1\\n@ IN NS ns2.zeke.ne.jp.\\n' >>{_ZONE}
{{ grep -v '^zone' /srv/broken/named.conf
   echo 'view old {{ match-destinations {{ 203.0.113.1; }}; {old} }};'
   echo 'view new {{ match-clients {{ any; }};'; grep '^zone' /srv/broken/named.conf; echo '}};'
}} >/etc/named.conf
{_RELOADED}"""
    mend = f"cp /srv/broken/named.conf /etc/named.conf; rm -f /var/named/old.zone\n{_RELOADED}"
    return Way(script, warning={"dns.servers": "zeke.ne.jp"}, settle=NOTHING, mend=mend)


_SIGNED = (
    "@ IN DNSKEY 257 3 13 "
    "mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ=="
)
_DS = f"zeke.ne.jp. IN DS 370 13 2 {'AB' * 32}"
_GOOD_SPF = '@ IN TXT "v=spf1 ip4:203.0.113.1 -all"'


def _bad(finding: str, word: str, *rows: str, also: str = NOTHING, is_wrong: bool = False) -> Way:
    """Return a way that adds rows to the zone; the advice of a finding then has a word."""
    named = {finding: word}
    return Way(
        f"cd /var/named\n{_add(*rows)}\n{also}\n{_RELOADED}",
        wrong=named if is_wrong else {},
        warning={} if is_wrong else named,
        settle=NOTHING,
        mend=_RELOADED,
    )


_TLS_RPT = '_smtp._tls IN TXT "v=TLSRPTv1; rua=mailto:{}@zeke.ne.jp"'
_STS = '_mta-sts IN TXT "v=STSv1; id={}"'

WAYS: dict[str, Way] = {
    "two TLS-RPT records": _bad(
        "dns.tls-rpt", "keep one", _TLS_RPT.format("taro"), _TLS_RPT.format("root")
    ),
    "TLS-RPT with reports to nobody": _bad(
        "dns.tls-rpt", "rua=mailto:", '_smtp._tls IN TXT "v=TLSRPTv1"'
    ),
    "TLS-RPT of a local domain, its parts in another order": _bad(
        "dns.tls-rpt",
        "_smtp._tls.cafe.zeke.ne.jp",
        _TLS_RPT.format("taro"),
        '_smtp._tls.cafe IN TXT "rua=mailto:a@zeke.ne.jp; v=TLSRPTv1"',
    ),
    "two MTA-STS records": _bad("dns.mta-sts", "keep one", _STS.format(1), _STS.format(2)),
    "an MTA-STS record with an id that there is not": _bad(
        "dns.mta-sts", "id=1", _STS.format("2026-01-01")
    ),
    "a TLSA record of another certificate in a signed zone": _bad(
        "dns.tlsa",
        "do not deliver",
        "_25._tcp.mail IN TLSA 3 1 1 " + "ab" * 32,
        _SIGNED,
        also=_add(_DS, zone="root.zone"),
        is_wrong=True,
    ),
    "a hint for people's programs with the port of another service": _bad(
        "dns.srv", "465 mail.zeke.ne.jp", "_submissions._tcp IN SRV 0 1 587 mail.zeke.ne.jp."
    ),
    "a hint for people's programs to read elsewhere": _bad(
        "dns.srv", "993 mail.zeke.ne.jp", "_imaps._tcp IN SRV 0 1 993 mail.stranger.example."
    ),
    "a hint for people's programs that nobody can send": _bad(
        "dns.srv", "465 mail.zeke.ne.jp", "_submissions._tcp.cafe IN SRV 0 0 0 ."
    ),
    "no authority may issue": _bad("dns.caa", "letsencrypt.org", '@ IN CAA 0 issue ";"'),
    "an authority that may not issue for the server's own name": _bad(
        "dns.caa",
        "mail.zeke.ne.jp",
        '@ IN CAA 0 issue "letsencrypt.org"',
        'mail IN CAA 0 issue "pki.example"',
    ),
    "an order to authorities that none of them knows": _bad(
        "dns.caa", "flag 128", '@ IN CAA 0 issue "letsencrypt.org"', '@ IN CAA 128 tbs "x"'
    ),
    "two SPF records of a local domain": _bad(
        "dns.spf.local", "keep one", 'cafe IN TXT "v=spf1 mx -all"', 'cafe IN TXT "v=spf1 a -all"'
    ),
    "two DMARC records of a local domain": _bad(
        "dns.dmarc.local",
        "keep one",
        '_dmarc.cafe IN TXT "v=DMARC1; p=none"',
        '_dmarc.cafe IN TXT "v=DMARC1; p=reject"',
    ),
    "DMARC that rejects what SPF refuses": _bad(
        "dns.dmarc",
        "p=none",
        '@ IN TXT "v=spf1 ip4:198.51.100.7 -all"',
        '_dmarc IN TXT "v=DMARC1; p=reject"',
        also=_SEEN_FROM_OUTSIDE,
    ),
    "a text of one string that is too long": _bad(
        "dns.servers", "named-checkzone", f'@ IN TXT "{"x" * 256}"', also="set +e"
    ),
    "a second name server with an older zone": _two_servers(
        'zone "zeke.ne.jp" { type master; file "old.zone"; };'
    ),
    "a second name server without the zone": _two_servers(""),
    "SPF that names this host, and a relay host sends": Way(
        f"cd /var/named\n{_SEEN_FROM_OUTSIDE}\n{_add(_GOOD_SPF)}\n{_RELOADED}\n"
        + line("relayhost = [mail.stranger.example]"),
        warning={"dns.spf": "relay_spf"},
        mend=_RELOADED,
    ),
}

_PIN = (
    "$(openssl x509 -in /etc/letsencrypt/live/zeke.ne.jp/cert.pem -noout -pubkey"
    " | openssl pkey -pubin -outform DER | sha256sum | cut -c1-64)"
)
_DANE = f"""cd /var/named
{_add(_SIGNED)}
{_add(_DS, zone="root.zone")}
printf '_25._tcp.mail IN TLSA 3 1 1 %s\\n' "{_PIN}" >>{_ZONE}
"""

UNUSUAL: dict[str, Way] = {
    "each record of a modern domain": Way(
        "cd /var/named\n"
        + _add(
            _TLS_RPT.format("postmaster"),
            "_submissions._tcp IN SRV 0 1 465 mail.zeke.ne.jp.",
            "_submission._tcp IN SRV 0 1 587 ace.zeke.ne.jp.",
            "_imap._tcp IN SRV 0 0 0 .",
            '@ IN CAA 0 issue "letsencrypt.org"',
            '@ IN CAA 0 issuewild ";"',
        )
        + f"\n{_RELOADED}",
        settle=NOTHING,
        mend=_RELOADED,
    ),
    "a TLSA record of the key that is served, in a signed zone": Way(
        f"{_DANE}sed -i '$a reuse_key = True' /etc/letsencrypt/renewal/zeke.ne.jp.conf\n{_RELOADED}",
        settle=NOTHING,
        mend=_RELOADED,
    ),
    "a TLSA record of the issuer as well": Way(
        f"{_DANE}printf '_25._tcp.mail IN TLSA 2 1 1 %064d\\n' 0 >>{_ZONE}\n{_RELOADED}",
        settle=NOTHING,
        mend=_RELOADED,
    ),
}
"""Records that are right, or harm nobody."""
