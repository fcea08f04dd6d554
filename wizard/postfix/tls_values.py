"""The values that the profiles of the section tls set, as a table (postconf(5), TLS_README).

They follow Mozilla's Server Side TLS 5.7. tls_eecdh_auto_curves is not among them: a fixed list excludes the
hybrid groups of newer OpenSSL versions, and Postfix's own list has only stronger curves besides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from wizard.answers.model import Answers
from wizard.answers.sections.tls import INTERMEDIATE, MODERN, POLICY, STRICT

MANDATORY = "smtpd_tls_mandatory_protocols"
PROTOCOLS = "smtpd_tls_protocols"
EXCLUDED = "smtpd_tls_exclude_ciphers"
ORDER = "tls_preempt_cipherlist"
PARAMETERS = (MANDATORY, PROTOCOLS, EXCLUDED, ORDER)

TLS_1_2, TLS_1_3 = ">=TLSv1.2", ">=TLSv1.3"
OLDER_SPELLING: Mapping[str, str] = {
    TLS_1_2: "!SSLv2, !SSLv3, !TLSv1, !TLSv1.1",
    TLS_1_3: "!SSLv2, !SSLv3, !TLSv1, !TLSv1.1, !TLSv1.2",
}
"""The same for Postfix before 3.6, which knows no `>=`. Newer versions still read it."""

NO_SENDER_NEEDS = "aNULL, EXPORT"
"""Ciphers without authentication, and those of export quality, which OpenSSL 1.1 has no more."""
WEAKER = "aNULL, kRSA, SHA1, SHA256, SHA384, CAMELLIA, ARIA, AESCCM, SEED"
"""All but AEAD ciphers with forward secrecy: SHA1, SHA256 and SHA384 name the CBC ciphers with these
MACs (ciphers(1))."""

_OLD_VERSIONS = "TLS 1.0 and 1.1 are obsolete (RFC 8996)."
_ONLY_1_3 = "Only TLS 1.3, as the profile modern says."
_CIPHERS = "Only AEAD ciphers with forward secrecy, as Mozilla's intermediate profile says."
_PREFERENCE = "The server's own order of ciphers counts, with the best first."

Option = tuple[str, str, str]
"""A parameter, its value, and the reason."""

OPTIONS: Mapping[str, tuple[Option, ...]] = {
    POLICY: (),
    INTERMEDIATE: (
        (MANDATORY, TLS_1_2, _OLD_VERSIONS),
        (PROTOCOLS, TLS_1_2, _OLD_VERSIONS),
        (EXCLUDED, WEAKER, _CIPHERS),
        (ORDER, "yes", _PREFERENCE),
    ),
    MODERN: (
        (MANDATORY, TLS_1_3, _ONLY_1_3),
        (PROTOCOLS, TLS_1_3, _ONLY_1_3),
    ),
}
"""By profile: the `-o` of 587 and 465. TLS 1.3 has no weak ciphers, so modern excludes none."""

IN_MAIN_CF: Mapping[str, Mapping[str, str]] = {
    POLICY: {EXCLUDED: NO_SENDER_NEEDS},
    STRICT: {PROTOCOLS: TLS_1_2, EXCLUDED: WEAKER, ORDER: "yes"},
}
"""By port25: the parameters of main.cf if there is a profile. Port 25 and tlsproxy(8) read them."""


def of_port_25(name: str) -> Callable[[Answers], str]:
    """Return a function for a parameter's value in main.cf, "" where the answers set none."""

    def value(answers: Answers) -> str:
        if answers.tls.profile == POLICY:
            return ""
        return IN_MAIN_CF[answers.tls.port25].get(name, "")

    return value


_DOVECOT_WITH_1_3 = (2, 3, 15)
"""The first Dovecot that knows ssl_min_protocol = TLSv1.3 (its release notes)."""


def of_dovecot(profile: str, version: str) -> str:
    """Return the profile that a Dovecot of this version, such as 2.3.16, can have.

    One that does not know TLSv1.3 starts with it, and then has no TLS at all.
    """
    number = tuple(map(int, re.findall(r"\d+", version)[:3]))
    return INTERMEDIATE if profile == MODERN and number < _DOVECOT_WITH_1_3 else profile
