"""Who says of two vectors whether they are of one person, and how often that errs."""
