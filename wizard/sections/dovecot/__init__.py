"""What Dovecot must say so that Postfix reaches it."""
