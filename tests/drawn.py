"""A drawn face, for tests that need a picture on which the detector finds one."""

from PIL import Image, ImageDraw, ImageFilter

_CANVAS = 1024
"""Side of the picture as it is drawn, in pixels, before it is brought to the size wanted."""


def draw_face(size: int = 256, *, smile: float = 0.0, skin: int = 190) -> Image.Image:
    """Draws a face from the front, with hair, neck and shoulders, before a plain wall.

    Its eyes lie at (0.40, 0.475) and (0.60, 0.475) of the size; the detector's box is about 0.45
    of the size wide.

    Args:
        size: width and height in pixels.
        smile: how far the corners of the mouth go up, -1 to 1.
        skin: grey level of the skin, 0 to 255.

    Returns:
        A picture of mode "L".
    """
    side = _CANVAS
    image = Image.new("L", (side, side), 205)
    pen = ImageDraw.Draw(image)

    def box(x: float, y: float, half_width: float, half_height: float) -> tuple[float, ...]:
        edges = (x - half_width, y - half_height, x + half_width, y + half_height)
        return tuple(edge * side for edge in edges)

    pen.ellipse(box(0.5, 0.46, 0.30, 0.36), fill=40)  # hair
    pen.rectangle(box(0.5, 0.80, 0.10, 0.10), fill=skin - 40)  # neck
    pen.ellipse(box(0.5, 1.05, 0.42, 0.22), fill=80)  # shoulders
    pen.ellipse(box(0.5, 0.52, 0.235, 0.31), fill=skin)
    for x in (0.40, 0.60):
        pen.ellipse(box(x, 0.470, 0.055, 0.035), fill=skin - 50)  # socket
        pen.ellipse(box(x, 0.475, 0.045, 0.022), fill=235)
        pen.ellipse(box(x, 0.475, 0.020, 0.022), fill=30)
        pen.arc(box(x, 0.435, 0.060, 0.030), 200, 340, fill=50, width=side // 70)  # brow
    nose = ((0.5, 0.49), (0.465, 0.60), (0.535, 0.60))
    pen.polygon([(x * side, y * side) for x, y in nose], fill=skin - 25)
    for x in (0.48, 0.52):
        pen.ellipse(box(x, 0.60, 0.012, 0.008), fill=90)
    pen.ellipse(box(0.5, 0.685, 0.075, 0.022), fill=105)  # lips
    mouth = ((0.43, 0.683 - 0.03 * smile), (0.5, 0.683), (0.57, 0.683 - 0.03 * smile))
    pen.line([(x * side, y * side) for x, y in mouth], fill=60, width=side // 140)
    soft = image.filter(ImageFilter.GaussianBlur(0.012 * side))
    return soft.resize((size, size), Image.Resampling.LANCZOS)
