"""SMTP conversations: the session, what is said on each port, and how replies are judged."""
