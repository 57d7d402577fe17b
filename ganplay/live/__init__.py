"""The engine: toys of many visitors, trained and shown at once."""
