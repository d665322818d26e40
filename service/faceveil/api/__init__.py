"""The API, a room a resource: its routes, the bodies they take, what they answer."""
