"""`/v1/device`: the model's own files, for those who read pictures in their browser."""
