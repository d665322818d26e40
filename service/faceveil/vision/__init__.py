"""From the bytes of an image to standard grey face crops: decode, detect, align."""
