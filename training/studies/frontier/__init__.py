"""What of the mood can be kept for how little of the person: the method tried part by part."""
