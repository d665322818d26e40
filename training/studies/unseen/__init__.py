"""People and pictures that no training met: each set in turn is left out, and judged."""
