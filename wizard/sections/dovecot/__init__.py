"""The section `dovecot`: the configuration by which Postfix reaches Dovecot."""
