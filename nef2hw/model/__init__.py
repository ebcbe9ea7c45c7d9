"""Trained networks: their types, and the model file that holds them."""
