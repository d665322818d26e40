"""The HTTP server's own walls: what reaches the application at all, and how much of it."""
