"""How well could someone still tell whose these embeddings are? Attackers, statistics, a verdict.

What this package needs beyond the service (scikit-learn, scipy, matplotlib, jinja2) is the extra
`audit`. Nothing is imported here, so that a server without the extra can say so.
"""
