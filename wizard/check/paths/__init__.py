"""The path of mail: where an address leads, as Postfix itself and its tables have it."""
