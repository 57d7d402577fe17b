"""Routes of Explore."""
