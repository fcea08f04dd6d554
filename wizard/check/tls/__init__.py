"""The TLS handshake, and what decides which TLS a port has: its settings, its certificate files."""
