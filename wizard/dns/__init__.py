"""The DNS: questions asked of this host's resolvers, the operator's zone, records to publish."""
