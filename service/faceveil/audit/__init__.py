"""How well could someone still tell whose these embeddings are? Attackers, statistics, a verdict.

What this package needs beyond the service (scikit-learn, scipy, matplotlib, jinja2) is the extra
the extra `audit`. Nothing here is imported eagerly, so that a server without the extra can import
`faceveil.audit` and say so.
"""
