"""The shapes of seals as seal cutters make them: white where rubber touches the paper.

Round with a star, oval with a line below, square with a name; Pillow only, the same on every
machine. How ink and hands spoil an impression is `sim.camera_ink`'s.
"""

from __future__ import annotations

import math

from PIL import Image, ImageDraw

from sim.typeface import typeface

_STROKE = 0.029  # of the width: 1.2 mm of 42 mm
_OVAL_SPAN_DEG = 230.0  # how far the words of an oval seal run around


def round_shape(text: str, size: int, line: str = "", number: str = "") -> Image.Image:
    """Draw ring, star and arc text of a round seal, black and white, `size` square.

    Args:
        text: runs around the ring.
        line: straight, below the star.
        number: of the seal's registration with the police, small along the foot of the ring.
    """
    shape = Image.new("L", (size, size))
    draw = ImageDraw.Draw(shape)
    draw.ellipse((1, 1, size - 2, size - 2), None, 255, round(size * _STROKE))
    draw.polygon(_star(size / 2, size / 2, size * 0.165), 255)
    _arc_text(shape, text, size)
    if line:
        draw.text((size / 2, size * 0.76), line, 255, typeface(round(size * 0.1), line), "mm")
    _foot(shape, number, size)
    return shape


def oval_shape(text: str, width: int, height: int, line: str = "") -> Image.Image:
    """Draw an oval seal, `text` around it and `line` straight across its lower half."""
    shape = Image.new("L", (width, height))
    draw = ImageDraw.Draw(shape)
    draw.ellipse((1, 1, width - 2, height - 2), None, 255, round(width * 0.02))
    side = round(height * 0.14)
    span = math.radians(_OVAL_SPAN_DEG)
    for i, character in enumerate(text):
        angle = -span / 2 + span * i / max(len(text) - 1, 1)
        tile = _character(character, round(side * 0.9), side)
        tile = tile.rotate(-math.degrees(angle) * 0.85, Image.Resampling.BICUBIC, expand=True)
        x = width / 2 + width * 0.385 * math.sin(angle) - tile.width / 2
        y = height / 2 - height * 0.36 * math.cos(angle) - tile.height / 2
        shape.paste(255, (round(x), round(y)), tile)
    if line:
        font = typeface(round(height * 0.12), line)
        draw.text((width / 2, height * 0.62), line, 255, font, "mm")
    return shape


def square_shape(text: str, size: int) -> Image.Image:
    """Draw a name seal: the first four characters in two columns, right to left, framed."""
    shape = Image.new("L", (size, size))
    draw = ImageDraw.Draw(shape)
    draw.rectangle((1, 1, size - 2, size - 2), None, 255, round(size * 0.05))
    side = round(size * 0.38)
    for i, character in enumerate(text[:4]):
        place = (round(size * (0.52, 0.1)[i // 2]), round(size * (0.1, 0.52)[i % 2]))
        shape.paste(255, place, _character(character, side, side))
    return shape


def _star(x: float, y: float, radius: float) -> list[tuple[float, float]]:
    inner = radius * math.sin(math.pi / 10) / math.sin(7 * math.pi / 10)
    points = []
    for i in range(10):
        reach = inner if i % 2 else radius
        angle = math.pi * i / 5
        points.append((x + reach * math.sin(angle), y - reach * math.cos(angle)))
    return points


def _arc_text(shape: Image.Image, text: str, size: int) -> None:
    """Set `text` around the inside of the ring, tall and narrow as seal cutters do."""
    span = min(282.0, 20.0 * len(text))
    step = span / max(len(text) - 1, 1)
    height = round(size * 0.128)
    width = min(round(height * 0.86), round(math.radians(step) * size * 0.385 * 0.96))
    for i, character in enumerate(text):
        tile = _character(character, width, height)
        angle = -span / 2 + i * step
        tile = tile.rotate(-angle, Image.Resampling.BICUBIC, expand=True)
        x = size / 2 + size * 0.385 * math.sin(math.radians(angle))
        y = size / 2 - size * 0.385 * math.cos(math.radians(angle))
        shape.paste(255, (round(x - tile.width / 2), round(y - tile.height / 2)), tile)


def _foot(shape: Image.Image, number: str, size: int) -> None:
    """Set `number` along the foot of the ring, from the left, its digits' feet outwards."""
    height = round(size * 0.046)
    for i, digit in enumerate(number):
        angle = math.radians((len(number) - 1) / 2 - i) * 3.6
        tile = _character(digit, round(height * 0.55), height)
        tile = tile.rotate(-math.degrees(angle), Image.Resampling.BICUBIC, expand=True)
        x = size / 2 - size * 0.435 * math.sin(angle)
        y = size / 2 + size * 0.435 * math.cos(angle)
        shape.paste(255, (round(x - tile.width / 2), round(y - tile.height / 2)), tile)


def _character(character: str, width: int, height: int) -> Image.Image:
    font = typeface(height, character)
    box = font.getbbox(character, stroke_width=1)
    tile = Image.new("L", (round(box[2] - box[0]), round(box[3] - box[1])))
    ImageDraw.Draw(tile).text((-box[0], -box[1]), character, 255, font, stroke_width=1)
    return tile.resize((width, height), Image.Resampling.LANCZOS)
