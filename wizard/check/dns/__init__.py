"""DNS records, the resolver of this host, and the health of blocklists."""
