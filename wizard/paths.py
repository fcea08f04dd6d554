"""Where files are on the host, as Postfix, certbot and this program have them."""

from __future__ import annotations

MAIN_CF = "/etc/postfix/main.cf"
MASTER_CF = "/etc/postfix/master.cf"
PARTED = (MAIN_CF, MASTER_CF)
"""The files without which there is no Postfix."""
SENDER_ACCESS = "/etc/postfix/sender_access"
SASL_PASSWD = "/etc/postfix/sasl_passwd"  # noqa: S105 (a path)
"""Who this server is at its relay host (SASL_README)."""
ALIASES = "/etc/aliases"
DOVECOT_CONF = "/etc/dovecot/conf.d/99-postfix-wizard.conf"
"""The wizard's only file below /etc/dovecot. Dovecot reads it after the distribution's files."""

QUEUE = "/var/spool/postfix"
"""postconf(5) queue_directory, by default."""

LETSENCRYPT = "/etc/letsencrypt"
LINEAGES = f"{LETSENCRYPT}/live"
RENEWAL_HOOK = f"{LETSENCRYPT}/renewal-hooks/deploy/postfix-wizard"
MANAGED = {
    MAIN_CF: 0o644,
    MASTER_CF: 0o644,
    SENDER_ACCESS: 0o644,
    SASL_PASSWD: 0o600,
    RENEWAL_HOOK: 0o755,
    ALIASES: 0o644,
}
"""Postfix's own files, with the modes of new ones. `ManagedFile` has those of sections."""
SELF_SIGNED_CERT = "/etc/pki/tls/certs/postfix-wizard.pem"
SELF_SIGNED_KEY = "/etc/pki/tls/private/postfix-wizard.key"

STATE = "/var/lib/postfix-wizard"
"""Where runs are (docs/journal.md)."""
SAVED_ANSWERS = "/etc/postfix-wizard/answers.toml"
"""Where a run saves the answers: root's, 0600."""
DQS_KEY_FILE = "/etc/postfix-wizard/dqs.key"
"""The key of Spamhaus's Data Query Service, where the answers name no other file."""
RELAY_PASSWORD_FILE = "/etc/postfix-wizard/relay.password"  # noqa: S105 (a path)
"""The password at the relay host, where the answers name no other file."""
