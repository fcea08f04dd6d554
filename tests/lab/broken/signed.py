"""A server with each further section on, and ways to break these: written from the manual pages.

opendkim.conf(5), postconf(5), the parts on milters, smtpd_sender_login_maps and TLS, RFC 6376 and RFC 7489.
"""

from __future__ import annotations

from tests.lab.broken.rig import Rig
from tests.lab.broken.rows import KIND, fault, option, sets
from tests.lab.broken.way import MASTER, NOTHING, RESTART, Way, restart, swap
from tests.lab.program import ANSWERS, accepting, apply

_CONF, _TABLES = "/etc/opendkim.conf", "/etc/opendkim"
_ZONE = "/var/named/zeke.ne.jp.zone"
_NAME = "s1._domainkey.zeke.ne.jp"
_BOTH = f"{restart('opendkim')}\nsleep 1\n{RESTART}"
_MEND = (
    "systemctl daemon-reload; gpasswd -a postfix opendkim >/dev/null; "
    f"{restart('named')}; {restart('opendkim')}; {restart('dovecot')}; sleep 1"
)
MORE = """
[aliases]
root = "taro"
[dovecot]
conf = "write"
imaps = "open"
names = "local"
[senders]
use = "on"
[dkim]
use = "on"
selector = "s1"
[tls]
profile = "intermediate"
[dns]
zone_file = "/var/named/zeke.ne.jp.zone"
publish = ["dkim", "dmarc"]
"""


class SignedRig(Rig):
    """The host after the second run of [dkim]."""

    more = "etc/opendkim.conf etc/opendkim etc/group"

    def set_up(self, answers: str) -> None:
        """Take both runs; the place of the mailboxes is accepted."""
        self.host.unmask_dovecot()
        local = answers.replace(
            '"ace.zeke.ne.jp", "cafe.zeke.ne.jp", "myhome.zeke.ne.jp"', '"cafe.zeke.ne.jp"'
        )
        self.host.write(ANSWERS, local + MORE, 0o600)
        code, said = apply(self.host)
        code, said = apply(self.host, *accepting(said))
        assert code == 0, said
        code, said = apply(self.host, "--section", "dkim")
        assert code == 0, said


def _signer(script: str, *cause: str, stops: bool | None = None, mend: str = NOTHING) -> Way:
    """A row about the signer, which reads its files when it starts."""
    return fault(script, *cause, stops=stops, settle=_BOTH, mend=f"{mend}\n{_MEND}")


def _conf(*lines: str) -> str:
    """Set settings in the place of those that are there."""
    return "\n".join(
        f"sed -i '/^{one.split()[0]}[[:space:]]/d' {_CONF}; printf '%s\\n' '{one}' >>{_CONF}"
        for one in lines
    )


def _postfix(script: str, *cause: str, stops: bool | None = None) -> Way:
    return fault(script, *cause, stops=stops, mend=_MEND)


def _record(change: str, *cause: str, stops: bool | None = None) -> Way:
    """A row about the record of a key: sed's words change the line of the zone."""
    script = f"grep -q '^{_NAME}' {_ZONE}; sed -i '/^{_NAME}/{change}' {_ZONE}\n{restart('named')}\nsleep 1"
    return fault(script, *cause, stops=stops, settle=NOTHING, mend=_MEND)


_SIGNER = "opendkim|signer"

WAYS = {
    "a signer that verifies only": _signer(
        _conf("Mode v"), "Mode|zeke\\.ne\\.jp", "sign", stops=True
    ),
    "a table of senders that is read without its patterns": _signer(
        f"sed -i 's|refile:||' {_CONF}", "SigningTable|signed|signature", stops=True
    ),
    "a signer that trusts nobody": _signer(
        f"echo 192.0.2.1 >{_TABLES}/none; chown opendkim: {_TABLES}/none\n"
        + _conf(f"InternalHosts {_TABLES}/none"),
        "InternalHosts|TrustedHosts|signed|signature",
        stops=True,
    ),
    "signatures that end after a second": _signer(
        _conf("SignatureTTL 1"), "SignatureTTL|expire|x=", stops=True
    ),
    "a signer at another socket": _signer(
        _conf("Socket inet:8891@localhost"), _SIGNER, "socket", stops=True
    ),
    "a socket that the signer alone may open": _signer(
        _conf("UMask 177"), "opendkim\\.sock|UMask", "postfix|permission|open|mode", stops=True
    ),
    "Postfix is no longer in the signer's group": _signer(
        "gpasswd -d postfix opendkim", "group|opendkim\\.sock", "postfix", stops=True
    ),
    "a directory of the socket that is closed": _signer(
        "mkdir -p /etc/systemd/system/opendkim.service.d\n"
        "printf '[Service]\\nRuntimeDirectoryMode=0700\\n' >/etc/systemd/system/opendkim.service.d/mode.conf\n"
        "systemctl daemon-reload",
        "/run/opendkim",
        stops=True,
    ),
    "a key for all to read, and a signer that accepts it": _signer(
        f"chmod 644 {_TABLES}/keys/zeke.ne.jp/s1.private; chmod 755 {_TABLES}/keys {_TABLES}/keys/zeke.ne.jp\n"
        + _conf("RequireSafeKeys no"),
        "s1\\.private",
        "0644|read",
    ),
    "a key with the selector of another": _signer(
        f"sed -i 's|zeke.ne.jp:s1:|zeke.ne.jp:s0:|' {_TABLES}/KeyTable",
        "zeke\\.ne\\.jp",
        "s0|selector|signature",
        stops=True,
    ),
    "two keys that changed places": _signer(
        f"cd {_TABLES}/keys; mv zeke.ne.jp/s1.private x; mv cafe.zeke.ne.jp/s1.private zeke.ne.jp/; "
        "mv x cafe.zeke.ne.jp/s1.private",
        "another key|signature",
        "s1\\._domainkey|zeke\\.ne\\.jp",
        stops=True,
    ),
    "no row of senders for our domain": _signer(
        f"sed -i '/\\*@zeke\\.ne\\.jp/d' {_TABLES}/SigningTable",
        "zeke\\.ne\\.jp",
        "SigningTable|sign",
    ),
    "a signer that passes this host's mail by": _signer(
        f"printf '127.0.0.1\\nlocalhost\\n192.168.1.0/24\\n' >{_TABLES}/peers; chown opendkim: {_TABLES}/peers\n"
        + _conf(f"PeerList {_TABLES}/peers"),
        "PeerList|signature|signed",
        stops=True,
    ),
    "mail of people passes the signer by": _postfix(
        option("submission/inet", "smtpd_milters=") + "\n" + option("smtps/inet", "smtpd_milters="),
        "smtpd_milters|587|submission",
        "sign|milter",
    ),
    "mail of programs passes the signer by": _postfix(
        sets("non_smtpd_milters ="), "non_smtpd_milters", "sign|milter|mail"
    ),
    "mail of the LAN passes the signer by": _postfix(
        sets("smtpd_milter_maps ="), "smtpd_milter_maps|signed_networks|mynetworks", "sign"
    ),
    "a dead signer refuses our mail for good": _postfix(
        f"sed -i 's|default_action=tempfail|default_action=reject|' {MASTER} /etc/postfix/main.cf",
        "default_action|reject",
    ),
    "a dead signer lets mail out without a signature": _postfix(
        f"sed -i 's|default_action=tempfail|default_action=accept|' {MASTER} /etc/postfix/main.cf",
        "default_action|accept",
    ),
    "milters switched off for people": _postfix(
        option("submission/inet", "receive_override_options=no_milters"),
        "receive_override_options|no_milters",
    ),
    "the signer does not know who has logged in": _postfix(
        sets("milter_mail_macros = i {mail_addr}"), "milter_mail_macros", "auth"
    ),
    "signatures taken off as mail leaves": _postfix(
        "printf '/^DKIM-Signature:/ IGNORE\\n' >/etc/postfix/leaving\n"
        + sets("smtp_header_checks = regexp:/etc/postfix/leaving"),
        "smtp_header_checks|leaving",
    ),
    "senders rewritten after the signature": _postfix(
        "printf '@zeke.ne.jp @example.net\\n' >/etc/postfix/generic\n"
        f"postmap {KIND}:/etc/postfix/generic\n"
        + sets("smtp_generic_maps = $default_database_type:/etc/postfix/generic"),
        "smtp_generic_maps",
    ),
    "lines cut after the signature": _postfix(
        sets("smtp_line_length_limit = 72"), "smtp_line_length_limit"
    ),
    "a record that says that it is a test": _record(
        "s/k=rsa;/t=y;/", "s1\\._domainkey", "t=y|test"
    ),
    "a record for hashes that nobody makes": _record(
        "s/v=DKIM1; k=rsa;/v=DKIM1;h=sha1;/", "s1\\._domainkey", "sha1|h=", stops=True
    ),
    "a record for another service": _record(
        "s/v=DKIM1; k=rsa;/s=tlsrpt;/", "s1\\._domainkey", "s=|service", stops=True
    ),
    "a record of a later version": _record("s/v=DKIM1;/v=DKIM2;/", "s1\\._domainkey", stops=True),
    "DMARC that wants the very domain of the signature": fault(
        f"grep -q '^_dmarc.*p=none' {_ZONE}; sed -i '/^_dmarc/s/p=none/p=reject; adkim=s; aspf=s/' {_ZONE}\n"
        f"{restart('named')}\nsleep 1",
        "adkim|aspf|strict",
        settle=NOTHING,
        mend=_MEND,
    ),
    "senders without their table": _postfix(
        sets("smtpd_sender_login_maps ="), "smtpd_sender_login_maps", stops=True
    ),
    "a table of senders of nobody": _postfix(
        "sed -i '/^[^#]/s/taro/hana/g' /etc/postfix/sender_login\n"
        f"postmap {KIND}:/etc/postfix/sender_login",
        "sender_login|taro",
    ),
    "a table of senders that was not built": _postfix(
        "rm -f /etc/postfix/sender_login.*", "sender_login", stops=True
    ),
    "senders are compared on 465 alone": _postfix(
        "postconf -P 'submission/inet/smtpd_recipient_restrictions=permit_sasl_authenticated,reject' "
        "'submission/inet/smtpd_sender_restrictions=' 'submission/inet/smtpd_relay_restrictions=permit_sasl_authenticated,reject'",
        "587|submission",
        "reject_sender_login_mismatch",
    ),
    "587 takes TLS 1.0 again": _postfix(
        option(
            "submission/inet",
            "smtpd_tls_mandatory_protocols=!SSLv2,!SSLv3",
            "smtpd_tls_protocols=!SSLv2,!SSLv3",
            # Without these TLS 1.0 has no cipher that is left.
            "smtpd_tls_exclude_ciphers=",
        ),
        "587|submission",
        "TLSv1|TLS 1\\.[01]|protocols",
    ),
    "465 takes weak ciphers again": _postfix(
        option("smtps/inet", "smtpd_tls_exclude_ciphers="), "465|smtps", "cipher|exclude"
    ),
    "587 names a version of TLS that there is not": _postfix(
        option("submission/inet", "smtpd_tls_mandatory_protocols=TLSv1.4"),
        "smtpd_tls_mandatory_protocols",
        stops=True,
    ),
    "587 without curves": _postfix(
        option(
            "submission/inet", "smtpd_tls_eecdh_grade=none", "tls_eecdh_auto_curves=brainpoolP160r1"
        ),
        "587|submission",
        "curve|eecdh",
    ),
    "993 takes TLS 1.0 again": fault(
        "printf 'ssl_min_protocol = TLSv1\\nssl_cipher_list = ALL\\n' >/etc/dovecot/conf.d/99-zz.conf",
        "993|ssl_min_protocol",
        "TLS",
        settle=restart("dovecot"),
        mend=_MEND,
    ),
}
"""Rows that were written before the checks were read. What a signer of ours does not do is `stops`."""

UNNAMED = {
    "DMARC that wants the very domain of the signature": "whether people write from names below it is not known"
}
"""Rows that `check` does not name, with the reason."""

_CUSTOMER = (
    f"printf 'theirs customer.example:s9:{_TABLES}/keys/cafe.zeke.ne.jp/s1.private\\n' >>{_TABLES}/KeyTable\n"
    f"printf '*@customer.example theirs\\n' >>{_TABLES}/SigningTable"
)
UNUSUAL = {
    "a signer with settings of the operator's": Way(
        _conf(
            "Canonicalization relaxed/simple",
            "Syslog yes",
            "LogWhy yes",
            "AlwaysAddARHeader no",
            "MaximumHeaders 65536",
        ),
        settle=_BOTH,
        mend=_MEND,
    ),
    "a domain of a customer that is signed, too": Way(_CUSTOMER, settle=_BOTH, mend=_MEND),
    "a default for the other milters": Way(sets("milter_default_action = accept"), mend=_MEND),
    "a table of senders before ours": Way(
        "printf 'shop@zeke.ne.jp taro\\n' >/etc/postfix/more\n"
        f"postmap {KIND}:/etc/postfix/more\n"
        + sets(
            "smtpd_sender_login_maps = $default_database_type:/etc/postfix/more, $default_database_type:/etc/postfix/sender_login"
        ),
        mend=_MEND,
    ),
    "TLS 1.3 alone for people": Way(
        swap(
            "smtpd_tls_mandatory_protocols=[^ ]*",
            "smtpd_tls_mandatory_protocols=!SSLv2,!SSLv3,!TLSv1,!TLSv1.1,!TLSv1.2",
            MASTER,
        ),
        mend=_MEND,
    ),
    "a record with notes and blanks": Way(
        f"grep -q '^{_NAME}' {_ZONE}; sed -i '/^{_NAME}/s/v=DKIM1; k=rsa; /s=email; t=s; /' {_ZONE}\n"
        f"{restart('named')}",
        settle=NOTHING,
        mend=_MEND,
    ),
}
"""Right servers by other habits."""
