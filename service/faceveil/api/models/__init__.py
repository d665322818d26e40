"""`/v1/models`: the models that this server loaded."""
