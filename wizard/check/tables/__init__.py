"""The indexed tables of Postfix, and the rows of sender_access."""
