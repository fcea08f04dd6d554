"""Certificates: lineages as certbot lays them, and pairs read with openssl."""
