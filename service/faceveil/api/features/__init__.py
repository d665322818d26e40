"""`/v1/features`: embeddings made elsewhere come in; those stored are listed, exported, deleted."""
