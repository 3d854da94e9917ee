"""The tasks: what a model is given and what its output is compared with."""

from sightsound.bench.core.types import Task

TOLD = ("instruction",)  # of the data set; a system that reads it says so in its label
SUNG = ("caption", "lyrics")

TASKS = {
    task.name: task
    for task in (
        Task("image2music", ("image",), "audio", "audio", "music for a picture", TOLD),
        Task("video2music", ("video",), "audio", "audio", "music for a silent video", TOLD),
        Task("caption2music", ("caption",), "audio", "audio", "music for a sentence that describes it"),
        Task("story2music", ("story",), "audio", "audio", "music for a passage of prose"),
        Task("multimodal2music", ("image", "story"), "audio", "audio", "music for a picture and its story", TOLD),
        Task("music2image", ("audio",), "image", "reference_image", "a picture for a piece of music", SUNG),
        Task("music2prompt", ("audio",), "text", "reference_text", "an image prompt for a piece of music"),
        Task(
            *("lyrics2prompt", ("lyrics",), "text", "reference_text", "an image prompt for a song's words"),
            optional=("audio", "caption"),
        ),
    )
}
