"""TLS by a profile of the section tls: a port that accepts more than the answers say."""

from __future__ import annotations

from tests.lab.broken.rows import sets
from tests.lab.broken.way import Way, swap

_SAVED = "/etc/postfix-wizard/answers.toml"
_AT_ONCE = "$(postconf -M | awk '$1 ~ /^(smtps|submissions)$/ {print $1}')/inet"
"""The entry of 465, whose name depends on Postfix's version."""
_ENTRIES = ("submission/inet", _AT_ONCE)
_APPLY = "apply --section tls"
_SINCE_1_2 = "!SSLv2,!SSLv3,!TLSv1,!TLSv1.1"
_CIPHERS = "aNULL,kRSA,SHA1,SHA256,SHA384,CAMELLIA,ARIA,AESCCM,SEED"
_OPTIONS = (
    f"smtpd_tls_mandatory_protocols={_SINCE_1_2}",
    f"smtpd_tls_protocols={_SINCE_1_2}",
    f"smtpd_tls_exclude_ciphers={_CIPHERS}",
    "tls_preempt_cipherlist=yes",
)


def _answered(profile: str, port25: str = "policy") -> str:
    """Change the saved answers, which no run has written to the server."""
    return "\n".join(
        (
            swap('^profile = "policy"', f'profile = "{profile}"', _SAVED),
            swap('^port25 = "policy"', f'port25 = "{port25}"', _SAVED),
            "",
        )
    )


def _option(entry: str, *settings: str) -> str:
    """Give an entry options; the shell expands its name."""
    # postconf(1) takes a name of no entry without a word.
    assured = f'postconf -M "{entry}" | grep -q .'
    return "\n".join((assured, *(f'postconf -P "{entry}/{one}"' for one in settings)))


_ON = "\n".join(
    (
        _answered("intermediate"),
        *(_option(entry, *_OPTIONS) for entry in _ENTRIES),
        sets("smtpd_tls_exclude_ciphers = aNULL, EXPORT"),
        "",
    )
)
"""What a run with the profile intermediate writes."""


def _out(entry: str, *names: str) -> str:
    return "\n".join(f'postconf -PX "{entry}/{name}"' for name in names)


WAYS = {
    "a profile that no run has written": Way(
        _answered("intermediate"), {f"tls.{port}": _APPLY for port in (25, 587, 465)}
    ),
    "587 has lost the versions of the profile": Way(
        # Without SHA-1 no cipher of TLS 1.1 is there, whatever the versions.
        _ON + _out(_ENTRIES[0], "smtpd_tls_mandatory_protocols", "smtpd_tls_exclude_ciphers"),
        {"tls.587": _APPLY},
    ),
    "465 has lost the ciphers of the profile": Way(
        f"{_ON}{_out(_ENTRIES[1], 'smtpd_tls_exclude_ciphers')}", {"tls.465": _APPLY}
    ),
    "port 25 takes anonymous ciphers in spite of the profile": Way(
        f"{_ON}postconf -X smtpd_tls_exclude_ciphers", {"tls.25": _APPLY}
    ),
    "port 25 shall be strict, and is not": Way(
        _ON + swap("^port25 = .*", 'port25 = "strict"', _SAVED), {"tls.25": _APPLY}
    ),
    "TLS 1.2 where the profile is modern": Way(
        _ON + swap("^profile = .*", 'profile = "modern"', _SAVED),
        {"tls.587": _APPLY, "tls.465": _APPLY},
    ),
    "weak ciphers on 587 by an option of the operator": Way(
        _ON + _option(_ENTRIES[0], "smtpd_tls_exclude_ciphers=aNULL,MD5"),
        warning={"tls.587": "smtpd_tls_exclude_ciphers"},
    ),
    "other ciphers on 25 by the operator": Way(
        _ON + sets("smtpd_tls_exclude_ciphers = MD5"),
        warning={"tls.25": "smtpd_tls_exclude_ciphers"},
    ),
}

UNUSUAL = {
    "TLS 1.3 alone on 587, which is more than the profile": Way(
        _ON
        + _option(
            _ENTRIES[0], "smtpd_tls_mandatory_protocols=!SSLv2,!SSLv3,!TLSv1,!TLSv1.1,!TLSv1.2"
        )
    ),
    "a profile whose main.cf is stricter": Way(
        _ON + sets("smtpd_tls_exclude_ciphers = aNULL, EXPORT, LOW, kRSA, SHA1")
    ),
}
