"""What a training in float32 kept in its folder, read again: its plan and the filters of its folds.

Nothing is trained here: what another version of the code trained is judged as it is.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from training.filter.algorithm import Filter, Recipe
from training.filter.kept import kept
from training.lab.claim import FILE
from training.lab.experiment import digests
from training.lab.plan import Data, Plan


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run's folder, read.

    Attributes:
        folder: of the run.
        plan: by which it trained; without levels and attackers.
        digests: of the sets that it learned from, by their names, as `experiment.digests` gives
            them.
    """

    folder: Path
    plan: Plan
    digests: dict[str, str]

    @classmethod
    def read(cls, folder: Path) -> "KeptRun":
        """Reads what the folder is for.

        Raises:
            ValueError: if it holds no run.
        """
        try:
            trained, learned = json.loads((folder / FILE).read_text())
        except FileNotFoundError:
            raise ValueError(
                f"{folder} holds no run. Train the float32 model first, with --run {folder}: its "
                "card has the command."
            ) from None
        recipe = TypeAdapter(Recipe)
        plan = Plan(
            recipe=recipe.validate_python(trained["recipe"]),
            pretraining=recipe.validate_python(trained["pretraining"]),
            levels={},
            folds=trained["folds"],
            seed=trained["seed"],
            labels=tuple(trained["labels"]),
        )
        return cls(folder, plan, learned)

    def folds(self, data: Data) -> list[Filter]:
        """The filter of each fold.

        Args:
            data: of which each filter has learned its part.

        Raises:
            ValueError: if the run learned from other data, or has not trained all of its folds.
        """
        ours = digests(data, self.plan)
        if ours != self.digests:
            wrong = sorted(
                name
                for name in ours.keys() | self.digests.keys()
                if ours.get(name) != self.digests.get(name)
            )
            raise ValueError(f"The run in {self.folder} learned from other data: {wrong}.")
        return [self._fold(data, number) for number in range(self.plan.folds)]

    def _fold(self, data: Data, number: int) -> Filter:
        file = self.folder / f"fold-{number}.pt"

        def missing() -> Filter:
            raise ValueError(
                f"{file} is not there: let the training end first, by the command that began it."
            )

        side = next(iter(data.named.values())).crops.shape[1]
        return kept(file, side, len(self.plan.labels), self.plan.recipe, missing)
