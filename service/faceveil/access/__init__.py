"""Who may do what: keys and their scopes, and how often a key may ask."""
