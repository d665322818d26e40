"""`faceveil reproduce`: the paper's tables, beside what the same systems do here."""
