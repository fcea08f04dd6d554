"""The certificate: whose it is, whether it holds, and whether it is the one that is served."""

from __future__ import annotations

from tests.lab.broken.way import NOTHING, RESTART, Way

_LIVE = "/etc/letsencrypt/live/zeke.ne.jp"
_LAY = (
    f"cp --remove-destination /srv/broken/{{0}}.pem {_LIVE}/fullchain.pem\n"
    f"cp --remove-destination /srv/broken/{{0}}.key {_LIVE}/privkey.pem"
)
_RSA = ("rsa:2048",)
_EC = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
MADE: dict[str, tuple[str, int, tuple[str, ...]]] = {
    "foreign": ("www.stranger.example", 90, _RSA),
    "expired": ("mail.zeke.ne.jp", -1, _RSA),
    "own": ("mail.zeke.ne.jp", 90, _RSA),
    "wild": ("*.zeke.ne.jp", 90, _EC),
    "late": ("mail.zeke.ne.jp", -1, _EC),
    "short": ("mail.zeke.ne.jp", 90, ("rsa:1024",)),
}
"""Pairs that the host is given in /srv/broken: their name, their days, and what key openssl makes."""


WAYS = {
    "another's name in it": Way(_LAY.format("foreign"), {}, {"certificate.name": "covers"}),
    "expired": Way(_LAY.format("expired"), {"certificate.expiry": "certbot renew"}),
    "signed by itself": Way(_LAY.format("own"), {}, {"certificate.chain": "issue"}),
    "without its chain": Way(
        f"cp --remove-destination {_LIVE}/cert.pem {_LIVE}/fullchain.pem",
        {},
        {"certificate.chain": "fullchain"},
    ),
    "a key that is not its own": Way(
        f"cp --remove-destination /srv/broken/foreign.key {_LIVE}/privkey.pem",
        {"smtp.25.tls": "belong together"},
    ),
    "a link that leads nowhere": Way(
        f"ln -sfn ../../archive/zeke.ne.jp/fullchain9.pem {_LIVE}/fullchain.pem",
        {"smtp.25.tls": "exist"},
    ),
    "a key that everybody may read": Way(
        f"chmod 755 /etc/letsencrypt/archive /etc/letsencrypt/live; chmod 644 $(readlink -f {_LIVE}/privkey.pem)",
        {},
        {"certificate.key": "chmod"},
    ),
    "renewed and no longer the one served": Way(
        f"postfix-wizard check >/dev/null; {_LAY.format('own')}",
        {"certificate.25": "reload"},
        settle=NOTHING,
        mend=RESTART,
    ),
    "nobody renews it": Way(
        "systemctl -q disable --now certbot-renew.timer",
        {},
        {"certificate.renewal": "timer"},
        mend="systemctl -q enable --now certbot-renew.timer",
    ),
    "renewed without a word to Postfix": Way(
        "chmod -x /etc/letsencrypt/renewal-hooks/deploy/*",
        {},
        {"certificate.hook": "apply --section policy"},
    ),
}
