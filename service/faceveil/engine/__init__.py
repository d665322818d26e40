"""How pictures are read: the readers, what they are asked, and what comes back."""
