"""Dovecot: who may log in, where mail is put, and the listeners that Postfix needs.

Dovecot 2.3 (EL9) and 2.4 (EL10) have other names for the same; see the Dovecot manual.
"""

from __future__ import annotations

from typing import Optional

from tests.lab.broken.way import NOTHING, Way, restart

_CONF = "/etc/dovecot/dovecot.conf"
_PRIVATE = "/var/spool/postfix/private"
_STOP = "systemctl stop dovecot"
_START = f"{_STOP}; rm -rf {_PRIVATE}/auth {_PRIVATE}/dovecot-lmtp; {restart('dovecot')}; "
_READY = f"until [ -S {_PRIVATE}/auth ] && [ -S {_PRIVATE}/dovecot-lmtp ]; do sleep 0.1; done"


def _by_version(old: str, new: str) -> str:
    """Return a script that is `old` where Dovecot is 2.3 and `new` where it is 2.4."""
    return f"if grep -q ^dovecot_config_version {_CONF}; then\n{new}\nelse\n{old}\nfi"


def _way(script: str, *cause: str, stops: Optional[bool] = True, ready: str = "sleep 0.5") -> Way:
    return Way(
        f"{script}\n{_START} {ready}",
        settle=NOTHING,
        mend=f"{_START} {_READY}",
        cause=cause,
        stops=stops,
    )


def _add(old: str, new: str, *cause: str, stops: Optional[bool] = True) -> Way:
    """Return a way that adds lines to dovecot.conf, in the language of its version."""
    script = _by_version(f"cat >>{_CONF} <<'END'\n{old}\nEND", f"cat >>{_CONF} <<'END'\n{new}\nEND")
    return _way(script, *cause, stops=stops)


def _same(text: str, *cause: str, stops: Optional[bool] = True) -> Way:
    return _add(text, text, *cause, stops=stops)


_WITHOUT_USERDB = (
    f"sed -i '/^userdb/,/^}}/d' {_CONF}",
    f"sed -i '/^passdb/,/^}}/d' {_CONF}",
)

WAYS = {
    "the auth listener by another path": _way(
        f"sed -i 's|private/auth |private/dovecot-auth |' {_CONF}", "private/auth"
    ),
    "the LMTP listener by another path": _way(
        f"sed -i 's|private/dovecot-lmtp |private/lmtp-dovecot |' {_CONF}", "private/dovecot-lmtp"
    ),
    "no protocol lmtp": _way(
        f"sed -i 's|^protocols = .*|protocols = imap|' {_CONF}", "lmtp", "protocols"
    ),
    "only mechanisms that programs lack": _way(
        f"sed -i 's|^auth_mechanisms = .*|auth_mechanisms = cram-md5|' {_CONF}",
        "auth_mechanisms|PLAIN",
    ),
    "no mechanism but one for those who are nobody": _way(
        f"sed -i 's|^auth_mechanisms = .*|auth_mechanisms = plain login anonymous|' {_CONF}",
        "anonymous",
        stops=None,
    ),
    "any password will do": _add(
        "passdb {\n  driver = static\n  args = nopassword=y\n}",
        "passdb static {\n  fields {\n    nopassword = yes\n  }\n}",
        "nopassword|any password|passdb",
    ),
    "one password for everybody": _add(
        "passdb {\n  driver = static\n  args = password=master\n}",
        "passdb static {\n  password = master\n}",
        "static|passdb",
        stops=None,
    ),
    "passwords in a file that is not there": _way("rm /etc/dovecot/users", "/etc/dovecot/users"),
    "passwords in a file that Dovecot may not read": _way(
        "chown root:root /etc/dovecot/users; chmod 600 /etc/dovecot/users",
        "/etc/dovecot/users",
        "read|\\bown|mode|permission",
    ),
    "a file of passwords without a user": _way(": >/etc/dovecot/users", "/etc/dovecot/users"),
    "passwords by a scheme that there is not": _way(
        "sed -i 's/{PLAIN}/{SHA3}/' /etc/dovecot/users", "/etc/dovecot/users|scheme", "SHA3|scheme"
    ),
    "no passdb": _way(_WITHOUT_USERDB[1], "passdb"),
    "no userdb": _way(_WITHOUT_USERDB[0], "userdb"),
    "a passdb that denies everybody": _way(
        _by_version(
            f"sed -i '0,/^passdb/s|^passdb|passdb {{\\n  driver = passwd-file\\n  deny = yes\\n"
            f"  args = /etc/dovecot/users\\n}}\\npassdb|' {_CONF}",
            f"sed -i '0,/^passdb/s|^passdb|passdb denied {{\\n  driver = passwd-file\\n  deny = yes\\n"
            f"  passwd_file_path = /etc/dovecot/users\\n}}\\npassdb|' {_CONF}",
        ),
        "deny",
    ),
    "mailboxes of a user that there is not": _way(
        _WITHOUT_USERDB[0]
        + "\n"
        + _by_version(
            f"cat >>{_CONF} <<'END'\nuserdb {{\n  driver = static\n"
            "  args = uid=vmail gid=vmail home=/var/vmail/%n\n}\nEND",
            f"cat >>{_CONF} <<'END'\nuserdb static {{\n  fields {{\n    uid = vmail\n    gid = vmail\n"
            "    home = /var/vmail/%{user | username}\n  }\n}\nEND",
        ),
        "vmail",
    ),
    "mailboxes where nobody may write": _add(
        "mail_location = maildir:/var/vmail/%n",
        "mail_path = /var/vmail/%{user | username}",
        "/var/vmail|mail_location|mail_path",
    ),
    "names with their domain": _add(
        "auth_username_format = %Lu",
        "auth_username_format = %{user | lower}",
        "auth_username_format",
    ),
    "another delimiter of addresses": _same("recipient_delimiter = -", "recipient_delimiter"),
    "people's numbers are too low": _same("first_valid_uid = 5000", "first_valid_uid"),
    "people's numbers are too high": _same("last_valid_uid = 999", "last_valid_uid"),
    "people's groups are too low": _same("first_valid_gid = 5000", "first_valid_gid"),
    "a mailbox over its quota": _add(
        "mail_plugins = quota\nplugin {\n  quota = maildir:User quota\n  quota_rule = *:storage=1B\n}",
        'mail_plugins {\n  quota = yes\n}\nquota "User quota" {\n  driver = maildir\n'
        "  storage_size = 1B\n}",
        "quota",
    ),
    "a plugin that is not there": _add(
        "mail_plugins = fts_xapian", "mail_plugins {\n  fts_xapian = yes\n}", "fts_xapian"
    ),
    "IMAP without TLS": _way(f"sed -i 's|^ssl = .*|ssl = no|' {_CONF}", "\\bssl\\b", stops=None),
    "passwords in plain text": _add(
        "disable_plaintext_auth = no",
        "auth_allow_cleartext = yes",
        "disable_plaintext_auth|auth_allow_cleartext",
        stops=False,
    ),
    "the whole world is trusted": _same(
        "login_trusted_networks = 0.0.0.0/0", "login_trusted_networks", stops=False
    ),
    "IMAP with a certificate of old": _way(
        _by_version(
            f"sed -i 's|^ssl_cert = .*|ssl_cert = </srv/broken/expired.pem|; "
            f"s|^ssl_key = .*|ssl_key = </srv/broken/expired.key|' {_CONF}",
            f"sed -i 's|^ssl_server_cert_file = .*|ssl_server_cert_file = /srv/broken/expired.pem|; "
            f"s|^ssl_server_key_file = .*|ssl_server_key_file = /srv/broken/expired.key|' {_CONF}",
        ),
        "expired\\.pem|ssl_cert|ssl_server_cert_file",
        stops=None,
    ),
    "Dovecot's key is not its own": _way(
        _by_version(
            f"sed -i 's|^ssl_key = .*|ssl_key = </srv/broken/foreign.key|' {_CONF}",
            f"sed -i 's|^ssl_server_key_file = .*|ssl_server_key_file = /srv/broken/foreign.key|' {_CONF}",
        ),
        "foreign\\.key|ssl_key|ssl_server_key_file",
    ),
    "IMAP with a certificate that is not there": _way(
        _by_version(
            f"sed -i 's|^ssl_cert = .*|ssl_cert = </etc/pki/dovecot/gone.pem|' {_CONF}",
            f"sed -i 's|^ssl_server_cert_file = .*|ssl_server_cert_file = /etc/pki/dovecot/gone.pem|' {_CONF}",
        )
        + "\nset +e",
        "gone\\.pem|ssl_cert|ssl_server_cert_file",
    ),
    "IMAP with TLS of old": _same("ssl_min_protocol = TLSv1", "ssl_min_protocol", stops=False),
    "a misspelt setting": _way(
        f"printf 'mail_locaton = maildir:~/Maildir\\n' >>{_CONF}; set +e", "mail_locaton"
    ),
    "a misspelt setting that it has not read yet": Way(
        f"printf 'mail_locaton = maildir:~/Maildir\\n' >>{_CONF}",
        settle=NOTHING,
        mend=f"{_START} {_READY}",
        cause=("mail_locaton|dovecot\\.conf",),
    ),
    "an address that the host has not": _way(
        f"printf 'listen = 192.0.2.99\\n' >>{_CONF}; set +e", "192\\.0\\.2\\.99|\\blisten ="
    ),
    "a log that nobody reads": _same("log_path = /dev/null", "log_path", stops=False),
    "passwords in the log": _same(
        "auth_verbose_passwords = plain", "auth_verbose_passwords", stops=False
    ),
    "one mail at a time": _same(
        "service lmtp {\n  process_limit = 1\n  client_limit = 1\n}", "process_limit", stops=False
    ),
    "one login in all": _same("service auth {\n  client_limit = 1\n}", "client_limit"),
    "a Dovecot that hangs": Way(
        "systemctl kill -s STOP dovecot",
        settle=NOTHING,
        mend=f"systemctl kill -s CONT dovecot; {_START} {_READY}",
        cause=("dovecot|lmtp",),
        stops=True,
    ),
}
