"""The int8 form of an installed float32 bundle, as a bundle of its own, judged anew."""
