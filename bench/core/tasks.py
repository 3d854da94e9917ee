"""The tasks: what a model is given and what its output is compared with."""

from sightsound.bench.core.types import Task

INSTRUCTED = ("instruction",)  # optional field; a system that reads it says so in its label
SUNG = ("caption", "lyrics")  # optional fields of music that may be sung

CARDS = (
    Task("image2music", ("image",), "audio", "audio", "music for a picture", INSTRUCTED),
    Task("video2music", ("video",), "audio", "audio", "music for a silent video", INSTRUCTED),
    Task("caption2music", ("caption",), "audio", "audio", "music for a sentence that describes it"),
    Task("story2music", ("story",), "audio", "audio", "music for a passage of prose"),
    Task(
        "multimodal2music", ("image", "story"), "audio", "audio", "music for a picture and its story", INSTRUCTED
    ),
    Task(
        *("masked2music", ("image", "caption", "story"), "audio", "audio"),
        "music for a part of picture, caption and story, drawn by the seed (MusFlow's multimodal task)",
        masked=True,
    ),
    Task("music2image", ("audio",), "image", "reference_image", "a picture for a piece of music", SUNG),
    Task("music2prompt", ("audio",), "text", "reference_text", "an image prompt for a piece of music"),
    Task(
        *("lyrics2prompt", ("lyrics",), "text", "reference_text", "an image prompt for a song's words"),
        optional=("audio", "caption"),
    ),
    Task("image2caption", ("image",), "text", "caption", "a caption of music that fits a picture", ("story",)),
    Task("any2music", (), "audio", "audio", "music in a folder, whatever it was made from (`bench score`)"),
    Task("any2image", (), "image", "reference_image", "pictures in a folder, as above"),
    Task("any2prompt", (), "text", "reference_text", "prompts in a folder, as above"),
)
