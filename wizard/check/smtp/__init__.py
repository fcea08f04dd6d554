"""SMTP: the session, the lines for each port, and the expected replies."""
