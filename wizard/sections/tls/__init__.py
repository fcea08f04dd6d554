"""TLS versions and ciphers by a profile (postconf(5), Mozilla's Server Side TLS)."""
