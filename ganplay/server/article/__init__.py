"""Routes of the article."""
