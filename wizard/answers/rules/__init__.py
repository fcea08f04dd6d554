"""The rules of single values, a module a subject: each rule takes a text and returns the value for main.cf.

Each raises ValueError with what is wrong and what to write instead, and repairs nothing. One
exception: a name in its own script is converted to its A-label (RFC 5891), the same name.
"""
