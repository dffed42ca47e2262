"""How published methods use a network: its input, its pooling and borders, its layers' weights."""
