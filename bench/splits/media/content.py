"""What a media file is by its content: one policy for every split that is made from the user's own files.

Sound: read by libsndfile, else by FFmpeg. Its first `LOOKED_AT_S` seconds are decoded, which is what a metric ever
reads; it is refused when that cannot be decoded, ends before the file says, is shorter than `LEAST_S` or holds
samples that are not finite. A clip of 9.97 s is kept as it is and counted as short.
Video: every packet is read and every key frame decoded; refused as above, and where it has no picture.
Pictures: decoded whole. CMYK, alpha and EXIF rotation are kept and counted; bench.core.media.load_image reads
them all. Names count for nothing: a .mp3 that is a WAV gets the suffix of a WAV, and is counted as renamed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sightsound.bench.core import containers, media, quiet, sound, video
from sightsound.bench.core.errors import MediaError
from sightsound.bench.core.sound import TOLERANCE_S
from sightsound.bench.splits.media.formats import BY_FFMPEG, BY_LIBSNDFILE, BY_PIL, Kind

LOOKED_AT_S = 30.0
LEAST_S = 1.0
SHORT_S = media.CLIP_S - 0.005  # below it a clip counts as short; a coder's padding may take a frame or two off
_ORIENTATION = 0x0112  # EXIF tag; 1 is upright


class ContentError(MediaError):
    """Why a file is no example's: a reason without names or figures, so that it can be counted."""


@dataclass(frozen=True)
class Content:
    """A file that is what it should be."""

    suffixes: tuple[str, ...]
    """Suffixes that may name such a file, the usual one first."""
    seconds: float = 0.0
    """Length as far as it is known, 0 for a picture."""
    remarks: tuple[str, ...] = ()
    """What is worth counting: `short`, `silent`, `cmyk`, `alpha`, `rotated`, `with_sound`."""

    def suffix(self, name: str) -> str:
        """The suffix of a file that is called `name`: its own where it is right, else the usual one."""
        own = Path(name).suffix.lower()
        return own if own in self.suffixes else self.suffixes[0]

    def renamed(self, name: str) -> bool:
        """Whether the name says something else than the content."""
        return Path(name).suffix.lower() not in self.suffixes


def examine(path: Path, kind: Kind) -> Content:
    """What the file is. Raises ContentError with the reason where it is not of that kind, empty or damaged."""
    try:
        if not path.stat().st_size:
            raise ContentError("an empty file")
    except OSError as error:
        raise ContentError("cannot be read") from error
    if kind == "image":
        return _image(path)
    return _audio(path) if kind == "audio" else _video(path)


def _image(path: Path) -> Content:
    from PIL import Image

    try:
        media.load_image(path)
        with quiet.c_stderr_off(), Image.open(path) as picture:
            remarks = ["cmyk"] if picture.mode == "CMYK" else []
            if "A" in picture.getbands() or "transparency" in picture.info:
                remarks.append("alpha")
            if picture.getexif().get(_ORIENTATION, 1) not in (0, 1):
                remarks.append("rotated")
            suffixes = BY_PIL.get(str(picture.format), (f".{str(picture.format).lower()}",))
            return Content(suffixes, remarks=tuple(remarks))
    except MediaError as error:
        reason = "too large a picture" if "over the limit" in str(error) else "cannot be read as a picture"
        raise ContentError(reason) from error
    except Exception as error:
        if containers.of_the_machine(error):
            raise
        raise ContentError("cannot be read as a picture") from error


def _audio(path: Path) -> Content:
    """By libsndfile, unless FFmpeg finds more in the file than that counts (bench.core.sound)."""
    import soundfile

    try:
        with quiet.c_stderr_off(), soundfile.SoundFile(path) as file:
            container, said = file.format, file.frames / file.samplerate
        samples, rate_hz = media.decode_audio(path, 0.0, LOOKED_AT_S)
    except MediaError:
        return _audio_by_ffmpeg(path)
    except Exception as error:
        if containers.of_the_machine(error):
            raise
        return _audio_by_ffmpeg(path)
    have_s = len(samples) / rate_hz
    if not have_s:
        raise ContentError("no sound in it")
    if container in sound.COUNTED:
        said = media.probe_audio(path)[1]
    missing_s = min(said, LOOKED_AT_S) - have_s
    if missing_s > TOLERANCE_S or (container.startswith("WAV") and sound.wav_lacks(path)):
        raise ContentError("truncated")
    return _heard(samples, BY_LIBSNDFILE.get(container, (f".{container.lower()}",)), said)


def _audio_by_ffmpeg(path: Path) -> Content:
    try:
        with containers.opened(path, "audio") as container:
            if not container.streams.audio:
                raise ContentError("no sound in it")
            stream = containers.first_stream(path, container, "audio")
            said, rate_hz = containers.said_s(container, stream), stream.rate
            suffixes = _suffixes(container, "audio")
            blocks: list[Any] = []
            have = 0
            for block in sound.ffmpeg_blocks(path, container, stream):
                blocks.append(block)
                have += len(block)
                if have >= LOOKED_AT_S * rate_hz:
                    break
    except ContentError:
        raise
    except MediaError as error:
        raise ContentError("cannot be decoded as sound") from error
    if not blocks:
        raise ContentError("no sound in it")
    if min(said, LOOKED_AT_S) - have / rate_hz > TOLERANCE_S:
        raise ContentError("truncated")
    seconds = max(said or media.probe_audio(path)[1], have / rate_hz)
    return _heard(np.concatenate(blocks), suffixes, seconds)


def _heard(samples: Any, suffixes: tuple[str, ...], seconds: float) -> Content:
    """The content of decoded sound `[time, channels]` of a file that lasts `seconds`."""
    if not np.isfinite(samples).all():
        raise ContentError("samples that are not finite")
    if seconds < LEAST_S:
        raise ContentError(f"shorter than {LEAST_S:g} s")
    remarks = ["short"] if seconds < SHORT_S else []
    if not samples.any():
        remarks.append("silent")
    return Content(suffixes, seconds, tuple(remarks))


def _video(path: Path) -> Content:
    try:
        with containers.opened(path, "video") as container:
            if all(containers.is_cover(each) for each in container.streams.video):
                raise ContentError("no picture in it")
            stream = containers.first_stream(path, container, "video")
            said, said_frames = containers.said_s(container, stream), stream.frames
            suffixes = _suffixes(container, "video")
            remarks = ["with_sound"] if container.streams.audio else []
            stream.codec_context.skip_frame = "NONKEY"
            first, end, pictures, packets = None, 0.0, 0, 0
            for packet in container.demux(stream):
                for frame in packet.decode():
                    pictures += 1
                    if pictures == 1 and video.quarters(frame):
                        remarks.append("rotated")
                packets += bool(packet.size)
                time = packet.pts if packet.pts is not None else packet.dts
                if time is not None and packet.time_base:
                    first = float(time * packet.time_base) if first is None else first
                    end = max(end, float((time + (packet.duration or 0)) * packet.time_base))
    except ContentError:
        raise
    except MediaError as error:
        raise ContentError("cannot be decoded as video") from error
    if not pictures:
        raise ContentError("no picture in it")
    seconds = end - (first or 0.0)
    # of what was cut some containers tell the old length and some the old number of frames
    if said - seconds > max(TOLERANCE_S, 0.05 * said) or packets < 0.95 * said_frames:
        raise ContentError("truncated")
    if seconds < LEAST_S:
        raise ContentError(f"shorter than {LEAST_S:g} s")
    if seconds < SHORT_S:
        remarks.append("short")
    return Content(suffixes, seconds, tuple(remarks))


def _suffixes(container: Any, kind: Kind) -> tuple[str, ...]:
    name = container.format.name
    found = BY_FFMPEG.get(name, (f".{name.split(',')[0]}",))
    first = {"mov": ".m4a", "asf": ".wma", "matroska": ".mka"}.get(name.split(",")[0], "")
    if kind == "audio" and first in found and not container.streams.video:
        return (first, *[suffix for suffix in found if suffix != first])
    return found


def length_s(path: Path) -> float:
    """How long sound or a video says it is, in seconds; 0 where it does not say or cannot be read."""
    import av
    import soundfile

    try:
        with quiet.c_stderr_off():
            soundfile.info(str(path))
        return media.probe_audio(path)[1]
    except Exception as error:
        if containers.of_the_machine(error):
            raise
    try:
        with containers.opened(path, "video") as container:
            return container.duration / av.time_base if container.duration else 0.0
    except MediaError:
        return 0.0
