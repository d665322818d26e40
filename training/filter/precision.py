"""In which arithmetic the convolutions of a run are trained: by timing, once, or as was asked for.

bfloat16 halves the time where a processor computes in it, and takes ten times as long where it must
be imitated; which of the two it is, is seen in two steps. The filters that come out differ a
little, so a run keeps to what it began with.
"""

import json
import time
from dataclasses import replace
from pathlib import Path

import torch
import typer
from torch.nn import functional

from training.filter.algorithm import Learner, Recipe, new_filter
from training.filter.arithmetic import Precision
from training.filter.distributed import agreed, device, is_first, world

FILE = "precision.json"

_GAIN = 0.9
"""bfloat16 is taken where a step takes at most this part of the other's time: it rounds."""

_TIMED = 2  # steps, after one that makes everything ready


def settled(asked: Precision, recipe: Recipe, side: int, classes: int, run: Path) -> Precision:
    """The precision of a run, which its folder keeps from then on; says what was timed.

    Args:
        asked: for AUTO, the faster one, or else what the run began with.
        recipe: whose steps are timed.
        side: height and width of the crops, in pixels.
        classes: how many emotions are told apart.
        run: folder of the run; made where it is not there.

    Returns:
        BFLOAT16 or FLOAT32, the same in all processes that train together.

    Raises:
        ValueError: if the run began with another one than is asked for.
    """
    file = run / FILE
    if agreed(file.exists()):
        begun = Precision(json.loads(file.read_text(encoding="utf-8"))["precision"])
        if asked not in (Precision.AUTO, begun):
            raise ValueError(
                f"{run} holds a run that began in {begun}. Leave --precision out to go on with it, "
                "or name another folder with --run."
            )
        return begun
    timed = {}
    if asked == Precision.AUTO:
        for one in (Precision.FLOAT32, Precision.BFLOAT16):
            timed[one] = round(_seconds_a_step(one, recipe, side, classes), 4)
        pays = agreed(timed[Precision.BFLOAT16] <= _GAIN * timed[Precision.FLOAT32])
        asked = Precision.BFLOAT16 if pays else Precision.FLOAT32
    if is_first():
        if timed:
            took = ", ".join(f"{seconds:.3g} s in {one}" for one, seconds in timed.items())
            typer.echo(f"Trains in {asked}: a step takes {took}.", err=True)
        run.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps({"precision": asked, "seconds_a_step": timed}, indent=1))
        draft.replace(file)
    return asked


def _seconds_a_step(precision: Precision, recipe: Recipe, side: int, classes: int) -> float:
    """Of the base and the head, forward and back: processor time, or a GPU's time."""
    here = device()
    recipe = replace(recipe, mixed_precision=precision.is_mixed)
    learner = Learner(new_filter(side, classes, recipe), recipe).to(here)
    learner.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    share = max(2, recipe.batch // world())
    faces = torch.randint(0, 256, (share, side, side), device=here).float()
    noise = torch.zeros(share, recipe.dimension, device=here)
    emotion = torch.arange(share, device=here) % classes

    def step() -> None:
        learner.zero_grad()
        *_, logits = learner(faces, noise)
        functional.cross_entropy(logits, emotion).backward()

    def now() -> float:
        if here.type == "cuda":
            torch.cuda.synchronize(here)
            return time.perf_counter()
        return time.process_time()  # others on the machine do not count

    step()
    started = now()
    for _ in range(_TIMED):
        step()
    return (now() - started) / _TIMED
