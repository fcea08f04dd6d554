"""Make a plan: a pure function of answers and host."""
