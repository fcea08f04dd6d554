"""Postfix's log, told: who came, what was refused, what waits, and what the server complains of."""
