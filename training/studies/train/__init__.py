"""From data sets to a bundle: crops, training, judgement, export, card."""
