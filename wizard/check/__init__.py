"""Proof of the result by talking to it: ports, TLS, SMTP conversations, parameters."""
