"""`/v1/audits`: how well could somebody still tell whose the embeddings are?"""
