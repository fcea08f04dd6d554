"""The indexed tables that Postfix looks up, and the rows of sender_access."""
