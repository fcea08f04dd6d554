"""What the machine is now, read once through one narrow door."""
