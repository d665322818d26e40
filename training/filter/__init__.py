"""The filter: its networks and objectives, the adversaries, and how all are trained."""
