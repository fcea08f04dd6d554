"""The DNS: queries to this host's resolvers, the operator's zone files, records to publish."""
