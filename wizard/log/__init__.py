"""Count Postfix's log: connections, refusals, deferred mail, and the server's own warnings."""
