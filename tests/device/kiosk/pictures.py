"""What the camera of the kiosk's tests shows."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw


def picture(lines: int = 14) -> bytes:
    """A page of print on a dark tray, as the camera shows it."""
    image = Image.new("RGB", (640, 480), (58, 66, 72))
    draw = ImageDraw.Draw(image)
    draw.rectangle((175, 20, 465, 455), fill=(246, 244, 238))
    draw.rectangle((250, 45, 390, 62), fill=(30, 30, 30))
    for line in range(lines):
        top = 90 + line * 23
        draw.rectangle((200, top, 440 if line % 4 != 3 else 330, top + 8), fill=(60, 60, 60))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=70)
    return out.getvalue()
