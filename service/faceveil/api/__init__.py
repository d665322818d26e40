"""The HTTP resources, a module each."""
