"""TLS and AUTH: what is offered on each port, and what keeps it from being offered."""

from __future__ import annotations

from tests.lab.broken.way import MAIN, MASTER, Way, line, swap

_LIVE = "/etc/letsencrypt/live/zeke.ne.jp"
_SASL = "^smtpd_sasl_tls_security_options.*"


def _pair(name: str, *parameters: str) -> str:
    """Lay one of the pairs of `certificate.MADE` into /etc/postfix, and name it in main.cf."""
    copies = f"cp /srv/broken/{name}.pem /srv/broken/{name}.key /etc/postfix/"
    named = [
        line(f"{parameter} = /etc/postfix/{name}.{'key' if 'key' in parameter else 'pem'}")
        for parameter in parameters
    ]
    return "\n".join((copies, *named))


def _unset(parameter: str) -> str:
    return f"sed -i '/^{parameter} /d' {MAIN}"


def _option(entry: str, setting: str) -> str:
    return f"postconf -P {entry}/inet/{setting}"


WAYS = {
    # C19: the cause is named, and never a value that is in force.
    "the key of another certificate": Way(
        f"{_unset('smtpd_tls_key_file')}\n{_pair('foreign', 'smtpd_tls_key_file')}",
        cause=("port 25", "foreign.key is not that of", "belong together"),
        stops=True,
    ),
    "a key with a password": Way(
        f"openssl rsa -aes128 -passout pass:x -in {_LIVE}/privkey.pem -out /etc/postfix/k.pem\n"
        + swap("^smtpd_tls_key_file.*", "smtpd_tls_key_file = /etc/postfix/k.pem"),
        cause=("cannot be read", "without a password"),
        stops=True,
    ),
    "no certificate at all": Way(
        swap("^smtpd_tls_cert_file.*", "smtpd_tls_cert_file ="),
        cause=("no certificate is set", "smtpd_tls_cert_file"),
        stops=True,
    ),
    "an authority's file that is not there": Way(
        line("smtpd_tls_CAfile = /etc/pki/tls/certs/none.pem"),
        cause=("smtpd_tls_CAfile", "not there"),
        stops=True,
    ),
    "chain files with the key last": Way(
        f"cat {_LIVE}/fullchain.pem {_LIVE}/privkey.pem >/etc/postfix/both.pem\n"
        "chmod 600 /etc/postfix/both.pem\n" + line("smtpd_tls_chain_files = /etc/postfix/both.pem"),
        cause=("both.pem", "key comes first"),
        stops=True,
    ),
    "a digest that no library knows": Way(
        line("smtpd_tls_fingerprint_digest = md99"),
        {"smtp.465.tls": "journalctl"},
        stops=True,
    ),
    "no version of TLS that others speak": Way(
        line("smtpd_tls_protocols = !SSLv2, !SSLv3, !TLSv1, !TLSv1.1, !TLSv1.2, !TLSv1.3"),
        {"smtp.25.tls": "smtpd_tls_protocols ="},
        stops=True,
    ),
    "STARTTLS taken out of EHLO": Way(
        line("smtpd_discard_ehlo_keywords = starttls"),
        {"smtp.25.starttls": "Take starttls out of smtpd_discard_ehlo_keywords (main.cf)"},
        stops=True,
    ),
    "STARTTLS taken out of EHLO on 587": Way(
        _option("submission", "smtpd_discard_ehlo_keywords=starttls"),
        {"smtp.587.starttls": "(submission/inet in master.cf)"},
        stops=True,
    ),
    "AUTH taken out of EHLO": Way(
        line("smtpd_discard_ehlo_keywords = auth"),
        {"smtp.587.auth": "Take auth out of smtpd_discard_ehlo_keywords"},
        stops=True,
    ),
    # Without a mechanism smtpd ends, and master(8) waits before it starts another. So either port may
    # be silent for too long in the next four rows; the other one or the log has the cause.
    "no mechanism that Dovecot offers": Way(
        swap(_SASL, "smtpd_sasl_tls_security_options = noanonymous, noplaintext"),
        cause=("Take noplaintext out of smtpd_sasl_tls_security_options",),
        stops=True,
    ),
    "only mechanisms with forward secrecy": Way(
        swap(_SASL, "smtpd_sasl_tls_security_options = noanonymous, forward_secrecy"),
        cause=("Take forward_secrecy out of",),
        stops=True,
    ),
    "AUTH at a socket that is not there": Way(
        swap("^smtpd_sasl_path.*", "smtpd_sasl_path = private/axth"),
        cause=("private/axth", "no such socket"),
        stops=True,
    ),
    "AUTH by another library": Way(
        swap("^smtpd_sasl_type.*", "smtpd_sasl_type = cyrus"),
        cause=("(?i)cyrus", "SASL mechanism"),
        stops=True,
    ),
    "465 without TLS": Way(
        f"sed -i '/-o smtpd_tls_wrappermode=yes/d' {MASTER}",
        {"smtp.465.tls": "Set `-o smtpd_tls_wrappermode=yes`"},
        stops=True,
    ),
    # C20: one fault, one row.
    "refusals that only delay": Way(
        line("soft_bounce = yes"), {"parameters.soft_bounce": "soft_bounce = no"}, stops=True
    ),
    # C5: ciphers on every port.
    "a cipher without encryption": Way(
        line("tls_medium_cipherlist = ALL:eNULL"),
        {},
        {"tls.ciphers": "Take tls_medium_cipherlist"},
    ),
    "a cipher without encryption on 587": Way(
        _option("submission", "tls_medium_cipherlist=ALL:eNULL"),
        {},
        {"tls.ciphers": "Take tls_medium_cipherlist"},
    ),
    "the null grade": Way(
        line("smtpd_tls_ciphers = null"),
        {},
        {"tls.ciphers": "Take smtpd_tls_ciphers = null out"},
    ),
    "only ciphers without authentication": Way(
        line("tls_medium_cipherlist = aNULL:!eNULL:!kECDHE"),
        cause=("TLS",),
    ),
    # C3: each certificate parameter of each port.
    "an expired certificate for one kind of client": Way(
        _pair("late", "smtpd_tls_eccert_file", "smtpd_tls_eckey_file"),
        {"certificate.expiry": "/etc/postfix/late.pem"},
        stops=True,
    ),
    "an expired certificate on 587 alone": Way(
        _pair("expired")
        + "\n"
        + _option("submission", "smtpd_tls_cert_file=/etc/postfix/expired.pem")
        + "\n"
        + _option("submission", "smtpd_tls_key_file=/etc/postfix/expired.key"),
        {"certificate.expiry": "submission/inet in master.cf"},
        {"certificate.587": "-o smtpd_tls_"},
        stops=True,
    ),
    "an expired certificate in chain files": Way(
        "cat /srv/broken/expired.key /srv/broken/expired.pem >/etc/postfix/both.pem; "
        "chmod 600 /etc/postfix/both.pem\n" + line("smtpd_tls_chain_files = /etc/postfix/both.pem"),
        {"certificate.expiry": "smtpd_tls_chain_files"},
        {"certificate.ignored": "smtpd_tls_cert_file"},
        stops=True,
    ),
    "a short key": Way(
        _unset("smtpd_tls_cert_file")
        + "\n"
        + _unset("smtpd_tls_key_file")
        + "\n"
        + _pair("short", "smtpd_tls_cert_file", "smtpd_tls_key_file"),
        {"certificate.strength": "longer key"},
        stops=True,
    ),
    "no tlsmgr": Way(f"sed -i '/^tlsmgr /d' {MASTER}", {"master.cf.tlsmgr": "tlsmgr"}, stops=True),
}
