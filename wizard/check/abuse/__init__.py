"""What strangers try against a mail server, tried on this one."""
