"""Routes of the Toy Lab."""
