"""Lossless editing of Postfix's own files, and the policy as data."""
