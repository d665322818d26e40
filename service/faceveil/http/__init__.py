"""HTTP for all resources and of none: connections, bodies, refusals, the document."""
