"""Certificates: certbot's lineages, and pairs of a certificate and a key."""
