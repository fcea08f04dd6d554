"""Mail that leaves this host: port 25 of others, and the relay host."""
