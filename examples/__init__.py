"""Something to try with: a drawn face, animated faces that show nobody, embeddings to audit."""
