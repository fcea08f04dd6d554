"""The rules of single values, a module a subject: each rule takes a text and returns the value for main.cf.

Each raises ValueError with whole sentences: what is wrong, and an example of what to write instead.
None repairs a value. One exception: a name in its own script is converted to its A-label (RFC 5891), the same name.
"""
