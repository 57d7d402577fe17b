"""Routes of Learn."""
