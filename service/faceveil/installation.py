"""Where FaceVeil runs from, a checkout or a wheel: where its models lie, and how to add to it."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parents[1]
_IN_CHECKOUT = (_CHECKOUT / "pyproject.toml").is_file()

MODELS = (_CHECKOUT if _IN_CHECKOUT else _PACKAGE) / "models"
"""The models that came with it; a wheel has them inside the package."""

DETECTOR_FILE = MODELS / "detector" / "blazeface-short" / "model.onnx"
"""The detector's network for single faces; `YUNET_FILE` names the other one."""

YUNET_FILE = Path("yunet", "model.onnx")
"""The network for whole pictures, in the folder that holds the other's folder."""


def how_to_add(extra: str, of: str = ".") -> str:
    """What adds an extra to this installation, as a sentence; no package index has ours.

    Args:
        extra: its name.
        of: path in the checkout of the distribution that it belongs to.
    """
    if _IN_CHECKOUT:
        return f"In the checkout: `pip install -e '{of}[{extra}]'`."
    return f"Install the wheel with it: `pip install 'PATH_TO_WHEEL[{extra}]'`."
