"""Who reads the mail of root, postmaster and abuse."""
