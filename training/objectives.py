"""The losses. Each takes logits or embeddings of a batch and returns a scalar."""

import torch
from torch import Tensor
from torch.nn import functional


def confusion(logits: Tensor, candidates: Tensor) -> Tensor:
    """How far an adversary is from knowing nothing: the mean KL divergence from uniform.

    KL(p || uniform) = log K - H(p), in nats, 0 when the adversary's answer says nothing. It stands
    in for the negated cross-entropy of Algorithm 1, line 3, which rewards an adversary's being
    certainly wrong: a certainly wrong answer still identifies.
    (Roy, Boddeti 2019, "Mitigating information leakage in image representations", section 3.)

    Args:
        logits: (N, K) of an identity adversary, very negative for people who are no candidates.
        candidates: (N,) how many people each image could show.
    """
    log_p = functional.log_softmax(logits, dim=1)
    return ((log_p.exp() * log_p).sum(dim=1) + candidates.log()).mean()


def cross_identity_contrast(
    embedding: Tensor, emotion: Tensor, subject: Tensor, temperature: float
) -> Tensor:
    """Supervised contrastive loss whose positives show the same emotion on another person.

    Khosla et al. 2020, "Supervised contrastive learning", equation 2, with two changes: two
    embeddings of one person are never positives of each other, and never compared at all, so that
    nothing is gained by keeping what makes a person's images alike.

    Args:
        embedding: (N, D).
        emotion: (N,) labels; all known.
        subject: (N,) numbers of people, negative where nobody knows: every such image counts as a
            person of its own.
        temperature: of the softmax over similarities.

    Returns:
        The mean over the images that have a positive; 0 where none has.
    """
    unit = functional.normalize(embedding, dim=1)
    similarity = unit @ unit.T / temperature  # (N, N)
    same_person = (subject[:, None] == subject[None, :]) & (subject[:, None] >= 0)
    same_person.fill_diagonal_(True)
    positive = (emotion[:, None] == emotion[None, :]) & ~same_person
    log_p = functional.log_softmax(similarity.masked_fill(same_person, -torch.inf), dim=1)
    count = positive.sum(dim=1)
    mean_log_p = log_p.masked_fill(~positive, 0.0).sum(dim=1) / count.clamp(min=1)
    has_positive = count > 0
    if not has_positive.any():
        return embedding.sum() * 0.0
    return -mean_log_p[has_positive].mean()
