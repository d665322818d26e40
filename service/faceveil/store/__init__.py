"""What the service keeps: features, pseudonyms, audits, keys and the access log."""
