"""The TLS handshake, and the certificate that is served: its pair, its chain and its renewal."""
