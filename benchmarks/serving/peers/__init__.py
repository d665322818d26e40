"""The same pipeline in other servers, each set up as its own documentation advises.

They run in environments of their own, so nothing here may import what those lack.
"""
