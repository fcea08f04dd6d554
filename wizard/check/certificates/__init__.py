"""What the ports serve: the certificates, their chains and dates, weak ciphers, and who renews them."""
