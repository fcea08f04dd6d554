"""Files that let another program set hosts up as this one is."""
