"""From face crops to emotions and embeddings: model bundles, ONNX Runtime sessions, scheduling."""
