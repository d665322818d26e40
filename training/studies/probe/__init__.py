"""What an app can learn from what a model releases."""
