"""What each study trains and judges, and its tables."""
