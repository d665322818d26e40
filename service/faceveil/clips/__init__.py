"""Clips: their frames, decoded by a process of its own that is confined as readers are."""
