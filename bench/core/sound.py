"""Sound: decoded, probed and looked at whole, by libsndfile and by FFmpeg.

libsndfile reads what it can, FFmpeg the rest. Of coded sound libsndfile trusts a count that may be an estimate: an
MP3 of varying bit rate without a table of contents is heard for 2 s of 11. So where it ends early, the length by
FFmpeg's packets is compared with what it gave, and FFmpeg decodes where that is longer by `TOLERANCE_S`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightsound.bench.core.containers import absent, first_stream, of_the_machine, opened, packets_s, said_s
from sightsound.bench.core.errors import MediaError
from sightsound.bench.core.quiet import c_stderr_off
from sightsound.bench.core.waveform import Waveform

CLIP_S = 10.0
MAX_AUDIO_S = 3600.0  # what hears a piece whole hears at most this
MAX_RATE_HZ = 2_000_000  # a header that says more is damaged; the most that sound cards do is 768,000
TOLERANCE_S = 0.3  # that two decoders, or a file and what it says, may differ: a coder's delay and padding
COUNTED = frozenset(("MP3", "OGG", "FLAC"))  # libsndfile's formats whose length can be a guess
BLOCK = 1 << 22  # samples of all channels that are read at once: 16 MB

Audio = NDArray[np.float32]
See = Callable[[Audio, int, int], None]
"""see(block `[time, channels]`, place of its first sample, rate in Hz); from place 0 on again where another
decoder takes over."""


def load_audio(path: Path, rates_hz: Sequence[int], *, seconds: float = CLIP_S) -> dict[int, Audio]:
    """The first `seconds` of a file as mono float32 `[samples]`, once for each rate asked for; 0: the file's own.

    Decoded once, resampled once a rate. Raises MediaError for what cannot be decoded, is empty, or holds samples
    that are not finite.
    """
    return _heard(path, seconds).at_rates(rates_hz)


def load_windows(path: Path, rates_hz: Sequence[int], *, seconds: float = MAX_AUDIO_S) -> list[dict[int, Audio]]:
    """The first `seconds` of a file in consecutive pieces of `CLIP_S`, each as `load_audio` has it of a file that
    holds that piece alone.

    What is left at the end is a piece where it is half as long or longer, or the file holds nothing else. Raises
    MediaError as `load_audio`.
    """
    whole = _heard(path, seconds)
    size, length = round(CLIP_S * whole.rate_hz), len(whole.samples)
    starts = [start for start in range(0, length, size) if not start or length - start >= size / 2]
    return [Waveform(whole.samples[at : at + size], whole.rate_hz).at_rates(rates_hz) for at in starts]


def _heard(path: Path, seconds: float) -> Waveform:
    """What is heard of a file."""
    samples, rate_hz = decode_audio(path, 0.0, seconds)
    if samples.shape[0] == 0:
        raise MediaError(f"{path}: no audio in it")
    _finite(path, samples, 0, rate_hz)
    return Waveform(samples, rate_hz)


def decode_audio(path: Path, start_s: float, seconds: float) -> tuple[Audio, int]:
    """float32 samples `[time, channels]` of `seconds` from `start_s` on, fewer where the file ends; their rate.

    Raises MediaError for what neither library can decode.
    """
    found = _by_libsndfile(path, start_s, seconds)
    return _by_ffmpeg(path, start_s, seconds) if found is None else found


def probe_audio(path: Path) -> tuple[int, float]:
    """Sampling rate in Hz and duration in seconds, from headers and packets; nothing is decoded."""
    import soundfile

    try:
        with c_stderr_off():
            info = soundfile.info(str(path))
        rate_hz, said = _rate(path, info.samplerate), info.frames / info.samplerate
        more_s = _packets_s(path) - said if info.format in COUNTED else 0.0
        if more_s <= TOLERANCE_S and not (more_s < -TOLERANCE_S and estimates(path, info.format)):
            return rate_hz, said
    except MediaError:
        raise
    except Exception as error:
        _told_apart(path, error)
    with opened(path, "audio") as container:
        stream = first_stream(path, container, "audio")
        return _rate(path, stream.rate), packets_s(container, stream)


def check_audio(path: Path, see: See = lambda block, first, rate_hz: None) -> tuple[int, float]:
    """Decode a file to its end; its rate in Hz and the seconds that it holds. `see` is shown every block.

    Raises MediaError for what is empty, cannot be decoded, ends before it says, or holds a sample that is not
    finite. Silence is sound.
    """
    if why := absent(path):
        raise MediaError(f"{path}: no audio in it ({why})")
    if (missing := wav_lacks(path)) > 0:
        raise MediaError(f"{path}: cut short, {missing} bytes of its data are missing; make or fetch it again")
    rate_hz, have, said_s = _whole(path, see)
    if not have:
        raise MediaError(f"{path}: no audio in it (0 samples); make or fetch it again")
    if said_s - have / rate_hz > TOLERANCE_S:
        raise MediaError(
            f"{path}: cut short, it holds {have / rate_hz:.2f} s and says {said_s:.2f}; make or fetch it again"
        )
    return rate_hz, have / rate_hz


def _whole(path: Path, see: See) -> tuple[int, int, float]:
    """Rate in Hz, samples that were decoded and found finite, and the seconds that the file says, 0 where it does
    not say."""
    import soundfile

    try:
        with c_stderr_off(), soundfile.SoundFile(path) as file:
            rate_hz, said, have = _rate(path, file.samplerate), file.frames, 0
            for block in _blocks(file, None):
                _finite(path, block, have, rate_hz)
                see(block, have, rate_hz)
                have += len(block)
            if not _ends_early(path, file.format, have / rate_hz):
                return rate_hz, have, 0.0 if estimates(path, file.format) else said / rate_hz
    except MediaError:
        raise
    except Exception as error:
        _told_apart(path, error)
    with opened(path, "audio") as container:
        stream = first_stream(path, container, "audio")
        rate_hz, have = _rate(path, stream.rate), 0
        said_of_it = said_s(container, stream)
        for block in ffmpeg_blocks(path, container, stream):
            _finite(path, block, have, rate_hz)
            see(block, have, rate_hz)
            have += len(block)
        return rate_hz, have, said_of_it


def _by_libsndfile(path: Path, start_s: float, seconds: float) -> tuple[Audio, int] | None:
    """As `decode_audio`; None for what libsndfile cannot read or miscounts."""
    import soundfile

    try:
        with c_stderr_off(), soundfile.SoundFile(path) as file:
            rate_hz = _rate(path, file.samplerate)
            first = min(round(start_s * rate_hz), file.frames) if start_s else 0
            if start_s:
                file.seek(first)
            wanted = round(seconds * rate_hz)
            blocks = list(_blocks(file, wanted))
            have = sum(map(len, blocks))
            if have < wanted and _ends_early(path, file.format, (first + have) / rate_hz):
                return None
            nothing = np.zeros((0, file.channels), np.float32)
            return (blocks[0] if len(blocks) == 1 else np.concatenate([nothing, *blocks])), rate_hz
    except MediaError:
        raise
    except Exception as error:
        _told_apart(path, error)
        return None


def _blocks(file: Any, wanted: int | None) -> Iterator[Audio]:
    """What libsndfile reads, block by block: a header that lies about its length costs no memory."""
    step = max(BLOCK // file.channels, 1)
    while wanted is None or wanted > 0:
        block = file.read(step if wanted is None else min(step, wanted), dtype="float32", always_2d=True)
        if not len(block):
            return
        yield block
        if wanted is not None:
            wanted -= len(block)


def _by_ffmpeg(path: Path, start_s: float, seconds: float) -> tuple[Audio, int]:
    with opened(path, "audio") as container:
        stream = first_stream(path, container, "audio")
        rate_hz = _rate(path, stream.rate)
        first, have = round(start_s * rate_hz), 0
        wanted = first + round(seconds * rate_hz)
        blocks: list[Audio] = []
        for block in ffmpeg_blocks(path, container, stream):
            if have + len(block) > first:
                blocks.append(block[max(first - have, 0) : wanted - have])
            have += len(block)
            if have >= wanted:
                break
    if not have:
        raise MediaError(f"{path}: no audio in it")
    return np.concatenate(blocks or [block[:0]]), rate_hz


def ffmpeg_blocks(path: Path, container: Any, stream: Any) -> Iterator[Audio]:
    """What FFmpeg decodes of a stream, float32 `[time, channels]`, block by block.

    Raises MediaError where the number of channels changes on the way: no one clip holds both.
    """
    import av

    rate_hz, channels, have = _rate(path, stream.rate), 0, 0
    resampler = av.AudioResampler(format="flt", rate=rate_hz)  # packed: PyAV reads past the planes of 8 channels
    for frame in container.decode(stream):
        count = frame.layout.nb_channels
        channels = channels or count
        if count != channels:
            raise MediaError(
                f"{path}: goes from {channels} channels to {count} after {have / rate_hz:.2f} s; "
                "write it anew with one number of channels"
            )
        for part in resampler.resample(frame):
            block = part.to_ndarray().reshape(-1, count)
            have += len(block)
            yield block.astype(np.float32, copy=False)


def _ends_early(path: Path, container: str, have_s: float) -> bool:
    """Whether FFmpeg finds more in a coded file than libsndfile did."""
    return container in COUNTED and _packets_s(path) - have_s > TOLERANCE_S


def _packets_s(path: Path) -> float:
    """Length in seconds by FFmpeg's packets; 0 for what FFmpeg cannot open, so that libsndfile's word counts."""
    try:
        with opened(path, "audio") as container:
            return packets_s(container, first_stream(path, container, "audio"))
    except MediaError:
        return 0.0


def estimates(path: Path, container: str) -> bool:
    """Whether an MP3 lacks the header that says how many frames there are."""
    if container != "MP3":
        return False
    with path.open("rb") as file:
        head = file.read(10)
        if head[:3] == b"ID3" and len(head) == 10:  # four times seven bits
            file.seek(10 + sum(byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True)))
        else:
            file.seek(0)
        start = file.read(2048)
    return not any(mark in start for mark in (b"Xing", b"Info", b"VBRI"))


def wav_lacks(path: Path) -> int:
    """Bytes of a RIFF file's data chunk beyond the end; libsndfile reads what is there without a word.

    Writers that stream leave the size 0 or all ones: nothing is known then, and the answer is 0.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(4) != b"RIFF":
            return 0
        file.seek(12)
        while len(head := file.read(8)) == 8:
            length = int.from_bytes(head[4:], "little")
            if head[:4] == b"data":
                return max(file.tell() + length - size, 0) if length < 0x7FFFFFFF else 0
            file.seek(length + length % 2, 1)
    return 0


def _finite(path: Path, samples: Audio, first: int, rate_hz: int) -> None:
    """Raise MediaError that names the first sample of `[time, channels]` that is no number."""
    if not np.isfinite(samples).all():
        place, channel = np.argwhere(~np.isfinite(samples))[0]
        raise MediaError(
            f"{path}: holds samples that are not finite, the first one {samples[place, channel]} at "
            f"{(first + place) / rate_hz:.3f} s; make it again"
        )


def _rate(path: Path, rate_hz: int | None) -> int:
    if not rate_hz or not 0 < rate_hz <= MAX_RATE_HZ:
        raise MediaError(f"{path}: cannot be decoded as audio (it says a sampling rate of {rate_hz} Hz)")
    return rate_hz


def _told_apart(path: Path, error: Exception) -> None:
    """Raise what is no matter of the format: the machine's fault, or a file that is not there."""
    if of_the_machine(error):
        raise error
    if not path.is_file():
        raise MediaError(f"{path}: {absent(path)}") from error
