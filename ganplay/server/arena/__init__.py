"""Routes of the Arena."""
