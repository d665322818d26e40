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


def scatter(embedding: Tensor, emotion: Tensor) -> Tensor:
    """How far embeddings lie from the mean of their emotion: mean squared distance a dimension.

    Wen, Zhang, Li, Qiao 2016, "A discriminative feature learning approach for deep face
    recognition", equation 2, with the batch's own means for centres. There it makes images of one
    person alike; here those of one emotion, so that where an embedding lies within its emotion,
    which is what tells people apart, is drowned by the noise. A dimension has unit variance, so it
    lies between 0 and about 1.

    Args:
        embedding: (N, D).
        emotion: (N,) labels; all known.

    Returns:
        0 where there are none.
    """
    if not len(embedding):
        return embedding.sum() * 0.0
    _, label = emotion.unique(return_inverse=True)
    member = functional.one_hot(label).to(embedding.dtype)  # (N, E)
    centre = (member.T @ embedding) / member.sum(dim=0)[:, None]
    return (embedding - centre[label]).square().mean()


def dependence(embedding: Tensor, likeness: Tensor) -> Tensor:
    """How much one embedding tells of another: their squared distance correlation, 0 to 1.

    Székely, Rizzo, Bakirov 2007, "Measuring and testing dependence by correlation of distances",
    definitions 3 to 5; as a loss against leakage: Vepakomma et al. 2020, "NoPeek". It needs no
    adversary, and sees dependence of any shape, not only what a line shows.

    Args:
        embedding: (N, D).
        likeness: (N, L), not a number in rows where it is not known; these do not count.

    Returns:
        0 where fewer than three rows count.
    """
    known = ~likeness.isnan().any(dim=1)
    if likeness.shape[1] == 0 or int(known.sum()) < 3:
        return embedding.sum() * 0.0
    ours, theirs = (_centred_distances(rows[known]) for rows in (embedding, likeness))
    scale = torch.sqrt((ours * ours).mean() * (theirs * theirs).mean())
    return (ours * theirs).mean() / scale.clamp(min=1e-9)


def _centred_distances(rows: Tensor) -> Tensor:
    distance = torch.cdist(rows, rows)
    return (
        distance
        - distance.mean(dim=0, keepdim=True)
        - distance.mean(dim=1, keepdim=True)
        + distance.mean()
    )


def votes(logits: Tensor, shares: Tensor, smoothing: float) -> Tensor:
    """Cross-entropy of what voters saw: the mean over the rows that have votes, in nats.

    Barsoum, Zhang, Canton Ferrer, Zhang 2016, "Training deep networks for facial expression
    recognition with crowd-sourced label distribution", equation 4.

    Args:
        logits: (N, E) of emotions.
        shares: (N, E) of the voters; a row of zeros where nobody voted.
        smoothing: part of each row's votes that is given to all emotions alike, 0 to 1.

    Returns:
        0 where no row has votes.
    """
    voted = shares.sum(dim=1, keepdim=True)
    target = (1 - smoothing) * shares + smoothing * voted / shares.shape[1]
    loss = -(target * functional.log_softmax(logits, dim=1)).sum()
    return loss / voted.sum().clamp(min=1e-9)
