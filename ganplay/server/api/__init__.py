"""Named endpoints for scripts: what the page can do, without the page."""
