"""Formats of media: the suffixes that a kind of file has, and those that may name what a decoder says a file is.

The usual suffix comes first everywhere.
"""

from __future__ import annotations

from typing import Literal

Kind = Literal["image", "audio", "video"]

SUFFIXES: dict[Kind, tuple[str, ...]] = {
    "image": (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm"),
    "audio": (".wav", ".mp3", ".flac", ".ogg", ".opus", ".m4a", ".aac", ".aif", ".aiff", ".wma"),
    "video": (".mp4", ".webm", ".mkv", ".avi", ".mov", ".m4v", ".flv", ".wmv", ".mpg", ".mpeg", ".ts", ".3gp"),
}

BY_LIBSNDFILE = {
    "WAV": (".wav",),
    "WAVEX": (".wav",),
    "RF64": (".wav",),
    "MP3": (".mp3",),
    "FLAC": (".flac",),
    "OGG": (".ogg", ".oga", ".opus"),
    "AIFF": (".aiff", ".aif"),
    "AU": (".au",),
}
BY_FFMPEG = {
    "mov,mp4,m4a,3gp,3g2,mj2": (".mp4", ".m4a", ".m4v", ".mov", ".3gp"),
    "matroska,webm": (".mkv", ".webm", ".mka"),
    "avi": (".avi",),
    "aac": (".aac",),
    "mp3": (".mp3",),
    "ogg": (".ogg", ".oga", ".ogv", ".opus"),
    "asf": (".wmv", ".wma", ".asf"),
    "flv": (".flv",),
    "mpegts": (".ts",),
    "mpeg": (".mpg", ".mpeg"),
}
BY_PIL = {
    "JPEG": (".jpg", ".jpeg", ".jpe"),
    "MPO": (".jpg", ".jpeg"),
    "PNG": (".png",),
    "WEBP": (".webp",),
    "GIF": (".gif",),
    "BMP": (".bmp",),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".ppm", ".pgm", ".pnm"),
}
