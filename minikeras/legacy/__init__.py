"""What Keras 2 had and Keras 3 keeps for old programs."""
