"""Formats of media: the one list of suffixes, and those that may name what a decoder says a file is.

The usual suffix comes first everywhere. A name decides only whether a file is looked at; what is in it, how it is
read. Every decoder's suffixes are in the list of their kind.
"""

from __future__ import annotations

from typing import Literal

Kind = Literal["image", "audio", "video"]

BY_LIBSNDFILE = {
    "WAV": (".wav",),
    "WAVEX": (".wav",),
    "RF64": (".wav", ".rf64"),
    "W64": (".w64",),
    "MP3": (".mp3", ".mp2"),
    "FLAC": (".flac",),
    "OGG": (".ogg", ".oga", ".opus"),
    "AIFF": (".aiff", ".aif", ".aifc"),
    "CAF": (".caf",),
    "AU": (".au", ".snd"),
}
BY_FFMPEG = {
    "mov,mp4,m4a,3gp,3g2,mj2": (".mp4", ".m4a", ".m4v", ".mov", ".m4b", ".3gp", ".3g2"),
    "matroska,webm": (".mkv", ".webm", ".mka"),
    "avi": (".avi",),
    "aac": (".aac",),
    "mp3": (".mp3", ".mp2"),
    "ac3": (".ac3",),
    "ogg": (".ogg", ".oga", ".ogv", ".opus"),
    "asf": (".wmv", ".wma", ".asf"),
    "flv": (".flv",),
    "mpegts": (".ts", ".mts", ".m2ts"),
    "mpeg": (".mpg", ".mpeg", ".vob"),
    "caf": (".caf",),
    "tta": (".tta",),
    "wv": (".wv",),
    "gif": (".gif",),
}
BY_PIL = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "MPO": (".jpg", ".jpeg", ".mpo"),
    "PNG": (".png", ".apng"),
    "WEBP": (".webp",),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".ppm", ".pgm", ".pnm", ".pbm"),
    "AVIF": (".avif",),
    "JPEG2000": (".jp2", ".j2k", ".jpx"),
    "TGA": (".tga",),
    "DDS": (".dds",),
}

# The order is that in which they are preferred where one name has several. .heic is looked at so that it is said
# that nothing here reads it, rather than passed over.
SUFFIXES: dict[Kind, tuple[str, ...]] = {
    "image": (
        *(".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm"),
        *(".jpe", ".jfif", ".mpo", ".apng", ".dib", ".pgm", ".pnm", ".pbm", ".avif", ".jp2", ".j2k", ".jpx"),
        *(".tga", ".dds", ".heic", ".heif"),
    ),
    "audio": (
        *(".wav", ".mp3", ".flac", ".ogg", ".opus", ".m4a", ".aac", ".aif", ".aiff", ".wma"),
        *(".oga", ".caf", ".mp2", ".w64", ".rf64", ".aifc", ".au", ".snd", ".mka", ".m4b", ".ac3", ".tta", ".wv"),
    ),
    "video": (
        *(".mp4", ".webm", ".mkv", ".avi", ".mov", ".m4v", ".flv", ".wmv", ".mpg", ".mpeg", ".ts", ".3gp"),
        *(".ogv", ".3g2", ".asf", ".mts", ".m2ts", ".vob"),
    ),
}
TEXTS = (".txt",)


def named_as(kind: str) -> tuple[str, ...]:
    """Suffixes of what can be an output of a kind, preferred ones first: music may be the sound of a video."""
    if kind == "text":
        return TEXTS
    if kind == "audio":
        return (*SUFFIXES["audio"], *SUFFIXES["video"])
    return SUFFIXES["image"] if kind == "image" else SUFFIXES["video"]
