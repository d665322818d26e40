"""`/v1/subjects`: what is kept of a person, and its erasure."""
