"""Confined worker processes for any work, and who gets one when."""
