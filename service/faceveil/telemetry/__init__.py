"""What an operator sees of the service: logs and metrics. Never an image, never a subject."""
