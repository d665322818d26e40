"""What the filter is held against: hand-made features, and pictures made worse on purpose."""
