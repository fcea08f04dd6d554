"""Records in a zone file of this host's named."""
