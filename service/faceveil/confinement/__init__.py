"""Walls around a process that meets what strangers send: Landlock, seccomp, limits."""
