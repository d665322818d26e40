"""Faces that move: which is which from frame to frame, their moods over time, what was released."""
