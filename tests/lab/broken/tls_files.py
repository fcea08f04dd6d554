"""TLS: certificates of every fault, each parameter that names one, protocols and ciphers."""

from __future__ import annotations

import shlex
from typing import Optional

from tests.lab.broken.issue import DISTRUST, MADE_BY, issue
from tests.lab.broken.way import MASTER, NOTHING, RESTART, Way, line

_LIVE = "/etc/letsencrypt/live/zeke.ne.jp"
_ARCHIVE = "/etc/letsencrypt/archive/zeke.ne.jp"
_CHAIN = "fullchain|certificate"
_465 = "sed -i -E '/^(smtps|submissions) +inet/a\\  {0}' /etc/postfix/master.cf"
_587 = f"sed -i '/^submission  *inet/a\\  {{0}}' {MASTER}"


def _lay(chain: str = f"{MADE_BY}/fullchain.pem", key: str = f"{MADE_BY}/leaf.key") -> str:
    """Put a pair where certbot has the newest one; the links of live/ still lead there."""
    return f"cat {chain} >{_ARCHIVE}/fullchain1.pem; cat {key} >{_ARCHIVE}/privkey1.pem"


def _issued(options: str, *cause: str, stops: Optional[bool] = None, lay: str = _lay()) -> Way:
    return Way(f"{issue(options)}; {lay}", mend=DISTRUST, cause=cause, stops=stops)


def _own(script: str, *cause: str, stops: Optional[bool] = None) -> Way:
    """Return a way that changes the pair of certbot in place."""
    return Way(f"cd {_ARCHIVE}; {script}", cause=cause, stops=stops)


def _set(*texts: str, cause: tuple[str, ...], stops: Optional[bool] = None) -> Way:
    """Return a way that sets parameters, each once."""
    return Way(f"postconf -e {shlex.join(texts)}", cause=cause, stops=stops)


_SNI = (
    f"printf 'mail.zeke.ne.jp {_LIVE}/privkey.pem {_LIVE}/fullchain.pem\\n' >/etc/postfix/sni; "
    "postmap {0} $(postconf -h default_database_type):/etc/postfix/sni\n"
    + line("tls_server_sni_maps = $default_database_type:/etc/postfix/sni")
)

WAYS = {
    "a certificate that is not yet valid": _issued(
        "days=20:100", _CHAIN, "not yet|valid yet|begin|start|clock", stops=True
    ),
    "a certificate that ends in three days": _issued(
        "days=-87:3", _CHAIN, "days|expire|renew", stops=False
    ),
    "a key of 1024 bits": _issued("key=1024", _CHAIN, "1024|small|short|weak", stops=True),
    "an expired intermediate": _issued(
        "mid=-300:-2", _CHAIN, "intermediate|issuer|chain|Own R3", "expire"
    ),
    "an intermediate of another authority": _issued(
        "",
        _CHAIN,
        "intermediate|issuer|chain",
        lay=_lay().replace(f"{MADE_BY}/fullchain.pem", f"{MADE_BY}/leaf.pem {_ARCHIVE}/chain1.pem"),
    ),
    "the intermediate in front": _issued(
        "",
        _CHAIN,
        "order|first|belong|match",
        stops=True,
        lay=_lay(f"{MADE_BY}/mid.pem {MADE_BY}/leaf.pem"),
    ),
    "a certificate for clients alone": _issued(
        "usage=client", _CHAIN, "purpose|usage|server ?auth|clientAuth"
    ),
    "a name in the subject alone": _issued("san=no", _CHAIN, "subjectAltName|SAN|cover|names"),
    "a certificate that wants stapling": _issued("staple=yes", _CHAIN, "staple|OCSP"),
    "an authority that nobody knows": Way(
        f"{issue(trusted=False)}; {_lay()}", mend=DISTRUST, cause=(_CHAIN, "trust|issue|authority")
    ),
    "a key behind a pass phrase": _own(
        "openssl rsa -aes128 -passout pass:x -in privkey1.pem -out k 2>/dev/null; cat k >privkey1.pem",
        "privkey",
        "pass ?phrase|encrypted|password",
        stops=True,
    ),
    "a certificate in DER": _own(
        "openssl x509 -in cert1.pem -outform DER -out d; cat d >fullchain1.pem",
        "fullchain",
        "PEM|DER|read|format",
        stops=True,
    ),
    "an empty file of the certificate": _own(
        ": >fullchain1.pem", "fullchain", "empty|no certificate|read|PEM", stops=True
    ),
    "the key in the file of the certificate": _own(
        "cat privkey1.pem >>fullchain1.pem", "fullchain", "private key", stops=False
    ),
    "chain files of another name": _set(
        "smtpd_tls_chain_files = /srv/broken/foreign.key, /srv/broken/foreign.pem",
        cause=("smtpd_tls_chain_files",),
    ),
    "chain files with the key behind": _set(
        f"smtpd_tls_chain_files = {_LIVE}/fullchain.pem, {_LIVE}/privkey.pem",
        cause=("smtpd_tls_chain_files",),
        stops=True,
    ),
    "an ECDSA certificate of old beside it": Way(
        f"{issue('key=ec days=-90:-1')}\n"
        + line(f"smtpd_tls_eccert_file = {MADE_BY}/fullchain.pem")
        + "\n"
        + line(f"smtpd_tls_eckey_file = {MADE_BY}/leaf.key"),
        mend=DISTRUST,
        cause=("smtpd_tls_eccert_file",),
        stops=True,
    ),
    "an ECDSA file that is not there": _set(
        "smtpd_tls_eccert_file = /etc/pki/tls/certs/mail-ec.pem",
        cause=("smtpd_tls_eccert_file|mail-ec",),
        stops=True,
    ),
    "465 with a certificate of old": Way(
        f"{issue('days=-90:-1')}; "
        + _465.format(f"-o smtpd_tls_cert_file={MADE_BY}/fullchain.pem")
        + "; "
        + _465.format(f"-o smtpd_tls_key_file={MADE_BY}/leaf.key"),
        mend=DISTRUST,
        cause=("465|smtps|submissions", "expire|smtpd_tls_(cert_)? ?file"),
        stops=True,
    ),
    "587 with another's key": Way(
        _587.format("-o smtpd_tls_key_file=/srv/broken/foreign.key"),
        cause=("587|submission", "smtpd_tls_key_file|belong|foreign\\.key"),
        stops=True,
    ),
    "587 with the certificate of www": Way(
        _587.format("-o smtpd_tls_cert_file=/srv/broken/foreign.pem")
        + "; "
        + _587.format("-o smtpd_tls_key_file=/srv/broken/foreign.key"),
        cause=("587|submission", "foreign|name|smtpd_tls_(cert_)? ?file"),
    ),
    "465 that wants a certificate of clients": Way(
        _465.format("-o smtpd_tls_req_ccert=yes"),
        cause=("465|smtps|submissions", "smtpd_tls_req_ccert"),
        stops=True,
    ),
    "465 with TLS of old alone": Way(
        _465.format("-o smtpd_tls_mandatory_protocols=!TLSv1.2,!TLSv1.3"),
        cause=("465|smtps|submissions", "smtpd_tls_mandatory_protocols"),
        stops=True,
    ),
    "port 25 for TLS alone": _set(
        "smtpd_tls_security_level = encrypt",
        cause=("smtpd_tls_security_level", "encrypt"),
        stops=True,
    ),
    "port 25 that begins with TLS": _set(
        "smtpd_tls_wrappermode = yes", cause=("smtpd_tls_wrappermode",), stops=True
    ),
    "TLS 1.3 alone": _set(
        "smtpd_tls_protocols = TLSv1.3",
        "smtpd_tls_mandatory_protocols = TLSv1.3",
        cause=("smtpd_tls_(mandatory_)?protocols",),
    ),
    "TLS of old for people's programs": _set(
        "smtpd_tls_mandatory_protocols = TLSv1, TLSv1.1, TLSv1.2, TLSv1.3",
        cause=("smtpd_tls_mandatory_protocols",),
        stops=False,
    ),
    "ciphers that anybody breaks": _set(
        "smtpd_tls_mandatory_ciphers = null",
        "tls_null_cipherlist = eNULL:aNULL:ALL",
        cause=("smtpd_tls_mandatory_ciphers",),
    ),
    "ciphers that no program has": _set(
        "smtpd_tls_mandatory_protocols = TLSv1.2",
        "smtpd_tls_mandatory_exclude_ciphers = aRSA",
        cause=("smtpd_tls_mandatory_exclude_ciphers",),
        stops=True,
    ),
    "parameters of Diffie and Hellman that are not there": _set(
        "smtpd_tls_dh1024_param_file = /etc/postfix/dh.pem",
        cause=("smtpd_tls_dh1024_param_file|dh\\.pem",),
        stops=False,
    ),
    "only proven servers are sent to": _set(
        "smtp_tls_security_level = secure", cause=("smtp_tls_security_level", "secure"), stops=True
    ),
    "authorities that are not there": _set(
        "smtp_tls_CAfile = /etc/pki/tls/certs/ca-bundel.crt", cause=("smtp_tls_CAfile|ca-bundel",)
    ),
    "an own certificate for sending that is not there": _set(
        "smtp_tls_security_level = encrypt",
        "smtp_tls_cert_file = /etc/pki/tls/certs/client.pem",
        cause=("smtp_tls_cert_file|client\\.pem",),
        stops=True,
    ),
    "certificates by name, built without -F": Way(
        _SNI.format(""), cause=("tls_server_sni_maps|/etc/postfix/sni", "-F"), stops=True
    ),
    "certificates by name, of a host that is gone": Way(
        _SNI.format("-F").replace(
            f"{_LIVE}/privkey.pem {_LIVE}/fullchain.pem",
            "/srv/broken/foreign.key /srv/broken/foreign.pem",
        ),
        cause=("tls_server_sni_maps|/etc/postfix/sni",),
    ),
    "a certificate behind a directory of others": Way(
        f"mkdir -p /srv/broken/closed; cp {_LIVE}/fullchain.pem {_LIVE}/privkey.pem /srv/broken/closed/; "
        "chown -R taro /srv/broken/closed; "
        "postconf -e smtpd_tls_cert_file=/srv/broken/closed/fullchain.pem "
        "smtpd_tls_key_file=/srv/broken/closed/privkey.pem",
        mend="rm -rf /srv/broken/closed",
        cause=("/srv/broken/closed", "\\bown|taro"),
    ),
    "a pair that was changed under a running server": Way(
        f"{issue()}; {_lay(key='/srv/broken/foreign.key')}",
        settle=NOTHING,
        mend=f"{DISTRUST}; {RESTART}",
        cause=("fullchain|privkey|certificate", "belong|match"),
        stops=True,
    ),
}
