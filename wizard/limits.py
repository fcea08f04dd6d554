"""The one limit of all probes of `check`."""

PROBE_SECONDS = 2.0
"""Seconds for one probe: a command, a session, a handshake, or all queries to one name server.

What did not answer by then is unknown. A server that is well needs a tenth of it.
"""
