"""Pictures as arrays: reading every common kind, and writing without ever leaving half a file.

`read` gives a `Picture`, upright, with its further frames and its metadata; `write` puts one under a name,
`write_stream` into a stream, `write_raw` a raw response. The formats are at home in `png`, `jpeg`, `arrays` (.npy and
deep TIFF) and `frames` (whatever Pillow decodes); `formats.WRITERS` lists what is written, `reading.READABLE`
what is read.
"""

from cnncalc.imaging.pictures.formats import RAW, WRITERS, Writer
from cnncalc.imaging.pictures.picture import LIMIT, Film, Metadata, Picture, Pixels, Quality
from cnncalc.imaging.pictures.reading import READABLE, count_pixels, read
from cnncalc.imaging.pictures.writing import check_raw, check_target, write, write_raw, write_stream

# what a file in a folder must end in to be taken for a picture
ENDINGS = tuple(sorted({ending for endings in READABLE.values() for ending in endings}))

__all__ = [
    "ENDINGS",
    "LIMIT",
    "RAW",
    "READABLE",
    "WRITERS",
    "Film",
    "Metadata",
    "Picture",
    "Pixels",
    "Quality",
    "Writer",
    "check_raw",
    "check_target",
    "count_pixels",
    "read",
    "write",
    "write_raw",
    "write_stream",
]
