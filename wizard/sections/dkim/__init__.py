"""The section `dkim`: mail of the local domains is signed (RFC 6376)."""
