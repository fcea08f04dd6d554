"""Compare the host with what the last runs wrote."""
