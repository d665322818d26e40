"""Something to try with: a drawn face to send, and embeddings of made-up people to audit."""
