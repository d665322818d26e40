"""The model: its bundle and card, the filter that runs it, its noise; and the detector."""
