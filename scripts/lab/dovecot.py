"""Dovecot's configuration on a host: Postfix's auth and LMTP sockets, and one user."""

from __future__ import annotations

USER = "taro"
PASSWORD = "taro-no-himitsu"  # a throwaway host's
"""The password of `USER`, in the system's own accounts as well."""

_SOCKETS = """\
service auth {
  unix_listener /var/spool/postfix/private/auth {
    mode = 0660
    user = postfix
    group = postfix
  }
}
service lmtp {
  unix_listener /var/spool/postfix/private/dovecot-lmtp {
    mode = 0600
    user = postfix
    group = postfix
  }
}
"""

_2_3 = """\
protocols = imap lmtp
ssl = yes
ssl_cert = </etc/dovecot/private/dovecot.pem
ssl_key = </etc/dovecot/private/dovecot.key
mail_location = maildir:~/Maildir
auth_mechanisms = plain login
auth_username_format = %Ln
passdb {
  driver = passwd-file
  args = scheme=PLAIN /etc/dovecot/users
}
userdb {
  driver = passwd
}
"""

_2_4 = """\
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
protocols = imap lmtp
ssl = yes
ssl_server_cert_file = /etc/dovecot/private/dovecot.pem
ssl_server_key_file = /etc/dovecot/private/dovecot.key
mail_driver = maildir
mail_path = ~/Maildir
auth_mechanisms = plain login
auth_username_format = %{user | username | lower}
passdb passwd-file {
  passwd_file_path = /etc/dovecot/users
  default_password_scheme = PLAIN
}
userdb passwd {
}
"""

_PATH_UNIT = """\
# Dovecot starts once Postfix runs for the first time: before that its sockets have no directory.
[Unit]
Description=Wait for Postfix before Dovecot

[Path]
PathExists=/var/spool/postfix/pid/master.pid
Unit=dovecot.service
"""


def files(suite: str) -> dict[str, str]:
    """Return the files, by absolute path, that set Dovecot up on a host of `suite`."""
    settings = _2_4 if suite == "el10" else _2_3
    return {
        "/etc/dovecot/dovecot.conf": settings + _SOCKETS,
        "/etc/dovecot/users": f"{USER}:{{PLAIN}}{PASSWORD}\n",
        "/etc/systemd/system/dovecot-lab.path": _PATH_UNIT,
    }
