"""Dovecot: delivery by LMTP, its mailboxes, and the login of users."""
