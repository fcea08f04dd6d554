"""TLS: files, versions and ciphers through other parameters than the two that everybody knows."""

from __future__ import annotations

from tests.lab.broken.rows import KIND, fault, option, sets, written

_LIVE = "/etc/letsencrypt/live/zeke.ne.jp"
_GONE = "/etc/pki/tls/private/gone.pem"

WAYS = {
    "TLS at once on every port": fault(
        sets("smtpd_tls_wrappermode = yes"), "smtpd_tls_wrappermode", stops=True
    ),
    "TLS demanded of strangers": fault(
        sets("smtpd_tls_security_level = encrypt"), "smtpd_tls_security_level", stops=True
    ),
    "plain sessions refused by a restriction": fault(
        sets("smtpd_client_restrictions = reject_plaintext_session"),
        "reject_plaintext_session|smtpd_client_restrictions",
        stops=True,
    ),
    "a certificate for 587 that is gone": fault(
        option("submission/inet", f"smtpd_tls_cert_file={_GONE}"),
        "587|submission",
        "smtpd_tls_cert_file|gone|certificate",
        stops=True,
    ),
    "a key for 465 of another certificate": fault(
        option("smtps/inet", "smtpd_tls_key_file=/srv/broken/foreign.key"),
        "465|smtps",
        "smtpd_tls_key_file|key",
        stops=True,
    ),
    "a second certificate without its key": fault(
        sets(
            "smtpd_tls_eccert_file = /srv/broken/wild.pem",
            "smtpd_tls_eckey_file = /srv/broken/wild.kye",
        ),
        "smtpd_tls_ec(cert|key)_file|wild\\.kye",
        stops=True,
    ),
    "a chain file that is gone": fault(
        sets(f"smtpd_tls_chain_files = {_GONE}"), "smtpd_tls_chain_files|gone\\.pem", stops=True
    ),
    "a chain file that has expired": fault(
        "cat /srv/broken/expired.key /srv/broken/expired.pem >/etc/postfix/chain.pem\n"
        + sets("smtpd_tls_chain_files = /etc/postfix/chain.pem"),
        "smtpd_tls_chain_files|expired",
        stops=True,
    ),
    "an old certificate for who names the server": fault(
        "cat /srv/broken/expired.key /srv/broken/expired.pem >/etc/postfix/chain.pem\n"
        + written("/etc/postfix/sni", "mail.zeke.ne.jp /etc/postfix/chain.pem")
        + f"postmap -F {KIND}:/etc/postfix/sni\n"
        + sets("tls_server_sni_maps = $default_database_type:/etc/postfix/sni"),
        "tls_server_sni_maps|expired",
    ),
    "a key with a password": fault(
        "openssl rsa -aes128 -passout pass:x -in /srv/broken/own.key -out /etc/postfix/own.key\n"
        + sets(
            "smtpd_tls_cert_file = /srv/broken/own.pem",
            "smtpd_tls_key_file = /etc/postfix/own.key",
        ),
        "smtpd_tls_key_file|key",
        stops=True,
    ),
    "the chain ahead of the certificate": fault(
        f"cat {_LIVE}/chain.pem {_LIVE}/cert.pem >/etc/postfix/turned.pem\n"
        + sets("smtpd_tls_cert_file = /etc/postfix/turned.pem"),
        "smtpd_tls_cert_file|turned",
        stops=True,
    ),
    "authorities in a file that is gone": fault(
        sets(f"smtpd_tls_CAfile = {_GONE}"), "smtpd_tls_CAfile|gone\\.pem", stops=True
    ),
    "certificates asked of every client": fault(
        sets("smtpd_tls_ask_ccert = yes"), "smtpd_tls_ask_ccert", stops=False
    ),
    "587 with TLS 1.0 alone": fault(
        sets("smtpd_tls_mandatory_protocols = TLSv1"), "smtpd_tls_mandatory_protocols", stops=True
    ),
    "no version of TLS is left": fault(
        sets("smtpd_tls_protocols = !SSLv2, !SSLv3, !TLSv1, !TLSv1.1, !TLSv1.2, !TLSv1.3"),
        "smtpd_tls_protocols",
        stops=True,
    ),
    "ciphers that nobody knows": fault(
        sets("tls_medium_cipherlist = HIHG", "tls_high_cipherlist = HIHG"),
        "tls_(medium|high)_cipherlist",
        stops=True,
    ),
    "ciphers of export quality": fault(
        sets("smtpd_tls_mandatory_ciphers = export", "smtpd_tls_ciphers = export"),
        "smtpd_tls_(mandatory_)?ciphers",
        stops=False,
    ),
    "ciphers without encryption": fault(
        sets("tls_medium_cipherlist = eNULL:aNULL:@SECLEVEL=0"),
        "tls_medium_cipherlist",
        stops=False,
    ),
    "curves that nobody knows": fault(
        sets("tls_eecdh_auto_curves = X52219"), "tls_eecdh_auto_curves"
    ),
    "a cache of sessions in a place that is not there": fault(
        sets("smtpd_tls_session_cache_database = btree:/var/lib/nowhere/smtpd"),
        "smtpd_tls_session_cache_database",
        stops=False,
    ),
    "randomness from a device that is not there": fault(
        sets("tls_random_source = dev:/dev/hwrandom"),
        "tls_random_source",
        # tlsmgr(8) warns, and OpenSSL has randomness of its own: all ports go on.
        stops=False,
    ),
    "one new TLS session a minute": fault(
        sets("smtpd_client_new_tls_session_rate_limit = 1"),
        "smtpd_client_new_tls_session_rate_limit",
    ),
    "all in the log of TLS": fault(
        sets("smtpd_tls_loglevel = 4"), "smtpd_tls_loglevel", stops=False
    ),
}
