"""The operator's page: what the server is doing."""
