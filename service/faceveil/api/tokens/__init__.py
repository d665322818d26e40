"""`/v1/tokens`: short-lived tokens, made with a key, for pages."""
