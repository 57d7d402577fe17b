"""Many settings side by side, ranked."""
