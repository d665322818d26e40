"""Everything that needs torch: data, networks, the adversarial algorithm, export to a bundle."""
