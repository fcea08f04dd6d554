"""What Postfix's log says: its lines, logins that send too much, and sessions of the check itself."""
