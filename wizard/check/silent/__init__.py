"""Parameters by which Postfix stops, loses or gives away mail without a word (postconf(5))."""
