"""Pictures: small ones made ahead of the items' pictures, so that no screen ever waits for another system.

A picture comes from the connection's own host only, and from the outside: its size is bounded before it is fetched and
again before it is decoded (a few kilobytes can claim to be gigapixels), and what is stored is drawn anew as a JPEG.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from pos.actions.line import Job
from pos.errors import Rejected, SignInNeeded, Unavailable
from pos.store import disk, feeds

log = logging.getLogger(__name__)

SIDE_PIXELS = 160
JPEG_QUALITY = 75
BYTES_MAX = 5 << 20
#: A camera's full picture; one that claims more is not decoded.
PIXELS_MAX = 40_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
FOLDER = "thumbs"
#: Pictures that could not be used are left alone until the next start; remembered are at most so many.
BAD_MAX = 2000


@dataclass(slots=True)
class Made:
    """What one round did. left: there are more to make."""

    made: int = 0
    bad: int = 0
    left: bool = False

    @property
    def changed(self) -> bool:
        return self.made > 0

    def sentence(self) -> str:
        """For the console; empty when there was nothing to do."""
        told = f"{self.made} pictures made" if self.made else ""
        return f"{told}{', ' if told else ''}{self.bad} unusable." if self.bad else f"{told}." if told else ""


def prepare(job: Job, memory: dict[str, Any], limit: int) -> Made:
    """Make up to `limit` thumbnails. memory keeps the addresses that were no good, as far as this process goes."""
    bad: set[str] = memory.setdefault("bad_pictures", set())
    wanted = [w for w in feeds.thumbs_wanted(job.store, limit + 1 + len(bad)) if w[1] not in bad]
    done = Made(left=len(wanted) > limit)
    for code, address in wanted[:limit]:
        if job.stopping():
            break
        try:
            fetched = job.memory.connector.picture(address, BYTES_MAX)
            thumb = thumbnail(fetched)
        except (Unavailable, SignInNeeded) as error:
            log.info("pictures wait: %s", error.message)
            done.left = False
            break
        except (Rejected, ValueError) as error:
            log.warning("the picture of %s cannot be used: %s", code, error)
            done.bad += 1
            if len(bad) < BAD_MAX:
                bad.add(address)
            continue
        name = hashlib.sha256(f"{code}\n{address}".encode() + thumb).hexdigest()[:32] + ".jpg"
        disk.write_whole(job.store.config.data / FOLDER / name, thumb)
        done.made += feeds.set_thumb(job.store, code, address, name)
        job.breathe()
    return done


def thumbnail(picture: bytes) -> bytes:
    """A JPEG of at most 160 by 160 pixels with nothing else the original carried. ValueError when it is no good."""
    from PIL import Image, ImageOps  # 60 ms and 8 MB that only this agent needs

    if len(picture) > BYTES_MAX:
        raise ValueError(f"it is larger than {BYTES_MAX >> 20} MB")
    try:
        with Image.open(BytesIO(picture), formats=FORMATS) as opened:
            if opened.width * opened.height > PIXELS_MAX:
                raise ValueError(f"it claims {opened.width} x {opened.height} pixels")
            opened.draft("RGB", (SIDE_PIXELS, SIDE_PIXELS))  # a JPEG is decoded at a fraction of its size
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((SIDE_PIXELS, SIDE_PIXELS))
            flat = Image.new("RGB", upright.size, "white")
            clear = upright.convert("RGBA")
            flat.paste(clear, mask=clear.getchannel("A"))
            out = BytesIO()
            flat.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
            return out.getvalue()
    except (OSError, SyntaxError, EOFError, Image.DecompressionBombError, OverflowError, MemoryError) as error:
        raise ValueError(f"it cannot be read as a picture ({type(error).__name__})") from error
