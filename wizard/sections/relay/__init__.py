"""The host that all mail for others goes to, and who this server is there."""
