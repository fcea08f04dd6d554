"""Old TLS, weak ciphers and weak keys: what is offered on each port, and the verdict."""

from __future__ import annotations

from dataclasses import dataclass

from wizard.certificates.keys import public_key
from wizard.check.abuse.client_hello import ANONYMOUS, OLD, WEAK, Answer, Offer
from wizard.check.smtp.session import STARTTLS, Exchange, opening
from wizard.finding import RIGHT, UNKNOWN, WARNING, WRONG, Check, Finding


@dataclass(frozen=True)
class TlsOffer:
    """A ClientHello to try on each port, and the verdict if the server accepts it."""

    id: str
    tried: str
    offer: Offer
    if_taken: str
    advice: str


@dataclass(frozen=True)
class TlsPort:
    """A port, and the SMTP lines before TLS begins."""

    door: str
    title: str
    port: int
    before: tuple[Exchange, ...]
    needs_login: bool = True


NO_WEAK_CIPHERS = (
    "Set `smtpd_tls_ciphers = medium` and `smtpd_tls_mandatory_ciphers = medium` and leave "
    "tls_medium_cipherlist alone; reload."
)
NO_ANONYMOUS_CIPHERS = (
    "Whoever is between a client and this server can read along, where the client offers them: set "
    "`smtpd_tls_exclude_ciphers = aNULL` in main.cf, for all ports; reload."
)

OFFERS = (
    TlsOffer(
        "old-tls",
        "TLS 1.1 or older",
        OLD,
        # Postfix accepts them by default, and the policy does not change that.
        WARNING,
        "Nobody needs them any more (RFC 8996): set smtpd_tls_mandatory_protocols and "
        "smtpd_tls_protocols to `>=TLSv1.2`, before Postfix 3.6 to "
        "`!SSLv2, !SSLv3, !TLSv1, !TLSv1.1`; reload.",
    ),
    TlsOffer("weak-cipher", "only weak ciphers", WEAK, WRONG, NO_WEAK_CIPHERS),
    TlsOffer(
        "anonymous-cipher",
        "only ciphers without authentication",
        ANONYMOUS,
        # Postfix accepts them by default, and the policy does not change that.
        WARNING,
        NO_ANONYMOUS_CIPHERS,
    ),
)
_UNTIL_TLS = (*opening("{me}"), Exchange(STARTTLS, "STARTTLS", must=220))
TLS_PORTS = (
    TlsPort("25-tls", "25, TLS", 25, _UNTIL_TLS, needs_login=False),
    TlsPort("587-tls", "587, TLS", 587, _UNTIL_TLS),
    TlsPort("465", "465", 465, ()),
)


def judge_offer(door: TlsPort, tried: TlsOffer, answer: Answer) -> Finding:
    """`stranger.DOOR.old-tls` and `.weak-cipher`."""
    check = Check(
        f"stranger.{door.door}.{tried.id}",
        f"{door.title}: {tried.tried}",
        "refused",
        fatal=tried.if_taken == WRONG,
    )
    verdict = tried.if_taken if answer.taken else RIGHT if answer.refused else UNKNOWN
    seen = answer.taken or answer.refused or f"not known: {answer.why}"
    return check.finding(verdict, seen, tried.advice)


def judge_key(door: str, title: str, certificate: bytes) -> Finding:
    """`stranger.DOOR.key`: the key of the served certificate. It fails no run."""
    check = Check(
        f"stranger.{door}.key", f"{title}: the key served", "RSA 2048, EC 256 or more", fatal=False
    )
    key = public_key(certificate)
    verdict = UNKNOWN if key is None else WRONG if key.weak else RIGHT
    seen = "not known: a key of another kind" if key is None else str(key)
    return check.finding(verdict, seen, "Have a certificate issued for a longer key.")
