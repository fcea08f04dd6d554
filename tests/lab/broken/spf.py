"""SPF: records that do not name this host, that name everybody, or that nobody can read (RFC 7208)."""

from __future__ import annotations

from typing import Optional

from tests.lab.broken.way import NOTHING, Way, restart

_ZONE = "zeke.ne.jp.zone"
_RELOADED = restart("named")
_OUR = "ip4:203.0.113.1 ip4:192.168.1.1"
_SEEN_FROM_OUTSIDE = (
    "sed -i 's/^mail\\tIN A\\t.*/mail\\tIN A\\t203.0.113.1/' /var/named/zeke.ne.jp.zone"
)
"""The lab's zone has the address of the LAN, as a view from inside has; what SPF says is for outside."""


def _rows(*rows: str, zone: str = _ZONE) -> str:
    """Return a script that appends rows to a zone, each from the first column."""
    text = "\n".join(rows)
    return f"cat >>/var/named/{zone} <<'END'\n{text}\nEND"


def _spf(*rows: str, cause: tuple[str, ...], stops: Optional[bool] = None) -> Way:
    return Way(
        f"{_SEEN_FROM_OUTSIDE}\n{_rows(*rows)}\n{_RELOADED}",
        settle=NOTHING,
        mend=_RELOADED,
        cause=("SPF", *cause),
        stops=stops,
    )


def _one(text: str, *cause: str, stops: Optional[bool] = None) -> Way:
    """Return a way that gives the domain this record."""
    return _spf(f'@ IN TXT "{text}"', cause=cause, stops=stops)


_CHAIN = [
    f'p{number} IN TXT "v=spf1 include:p{number + 1}.zeke.ne.jp ?all"' for number in range(1, 12)
]

WAYS = {
    "SPF that names another host": _one(
        "v=spf1 ip4:198.51.100.7 -all", "203\\.0\\.113\\.1|address|-all"
    ),
    "SPF that names everybody": _one(
        "v=spf1 +all", "\\+all|anybody|everybody|any host", stops=False
    ),
    "SPF that names everybody by halves": _one(
        "v=spf1 ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all", "/1|anybody|everybody|whole", stops=False
    ),
    "SPF that ends without a word": _one(f"v=spf1 {_OUR}", "\\ball\\b", stops=False),
    "SPF that says nothing of others": _one(f"v=spf1 {_OUR} ?all", "\\?all|neutral", stops=False),
    "SPF by names of addresses": _one("v=spf1 ptr -all", "\\bptr\\b"),
    "SPF of a mechanism that there is not": _one(
        "v=spf1 ipv4:203.0.113.1 ip4:192.168.1.1 -all", "ipv4|mechanism|syntax|permerror"
    ),
    "SPF of two strings without a blank": _spf(
        '@ IN TXT "v=spf1 ip4:203.0.113.1" "ip4:192.168.1.1 -all"',
        cause=("blank|space|203\\.0\\.113\\.1ip4|syntax|permerror|address",),
    ),
    "SPF with its hosts behind -all": _one(f"v=spf1 -all {_OUR}", "\\ball\\b|behind|after|never"),
    "SPF of commas": _one(f"v=spf1,{_OUR.replace(' ', ',')},-all", "v=spf1,|comma|version|blank"),
    "SPF of too many look-ups": _spf(
        '@ IN TXT "v=spf1 include:p1.zeke.ne.jp mx -all"',
        *_CHAIN,
        'p12 IN TXT "v=spf1 ?all"',
        cause=("\\bten\\b|\\b10\\b|look-?ups",),
    ),
    "SPF that includes a domain that is gone": _one(
        f"v=spf1 include:_spf.gone.example {_OUR} -all", "gone\\.example"
    ),
    "SPF that includes itself": _one(
        f"v=spf1 include:zeke.ne.jp {_OUR} -all", "itself|loop|include:zeke\\.ne\\.jp"
    ),
    "SPF that leads to a domain that is gone": _one(
        "v=spf1 redirect=_spf.gone.example", "gone\\.example"
    ),
    "SPF that leads on and ends as well": _spf(
        '@ IN TXT "v=spf1 redirect=_spf.zeke.ne.jp -all"',
        f'_spf IN TXT "v=spf1 {_OUR} -all"',
        cause=("redirect",),
    ),
    "SPF of names that are not there": _one(
        f"v=spf1 a:one.zeke.ne.jp a:two.zeke.ne.jp a:three.zeke.ne.jp {_OUR} -all",
        "void|one\\.zeke\\.ne\\.jp|not exist|no address",
    ),
    "SPF that nobody looks for": _spf(
        f'@ IN SPF "v=spf1 {_OUR} -all"', cause=("type|TXT",), stops=False
    ),
    "SPF of the server's own name that lets none send": _spf(
        f'@ IN TXT "v=spf1 {_OUR} -all"',
        'mail IN TXT "v=spf1 -all"',
        cause=("mail\\.zeke\\.ne\\.jp",),
    ),
    "SPF by the MX, which is another's": _spf(
        '@ IN TXT "v=spf1 mx:stranger.example -all"', cause=("203\\.0\\.113\\.1|address|-all",)
    ),
    "SPF of an address without its last part": _one(
        "v=spf1 ip4:203.0.113 ip4:192.168.1.1 -all", "203\\.0\\.113|syntax|permerror"
    ),
}
