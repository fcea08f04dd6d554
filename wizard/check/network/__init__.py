"""Listening ports, the firewall, the router, and an address for a stranger."""
