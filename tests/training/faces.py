"""Small made-up crops with an emotion and a person in them, for tests of training."""

import numpy as np

from training.data.crops import CropSet

SIDE = 16


def made_up_crops(people: int, takes: int, emotions: int = 3, seed: int = 0) -> CropSet:
    """Crops in which a bright bar's height tells the emotion and its place the person."""
    generator = np.random.default_rng(seed)
    crops, emotion, subject = [], [], []
    for person in range(people):
        for feeling in range(emotions):
            for _ in range(takes):
                crop = generator.normal(90, 8, (SIDE, SIDE))
                crop[2 + 4 * feeling : 4 + 4 * feeling, :] += 90
                crop[:, 1 + 3 * person : 3 + 3 * person] += 60
                crops.append(crop.clip(0, 255).astype(np.uint8))
                emotion.append(feeling)
                subject.append(person)
    count = len(crops)
    return CropSet(np.stack(crops), np.array(emotion), np.array(subject), np.zeros(count, np.int64))
