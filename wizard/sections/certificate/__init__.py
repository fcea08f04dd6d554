"""Where the certificate comes from, and what has to be done with it."""
