import numpy as np
import pytest

from sightsound.metrics.networks.pocket import efficientnet, minilm, musicnn, through_text


class FakeClassifier:
    """Clips are their own logits."""

    def __call__(self, clips):
        return [{"logits": np.asarray(clip, np.float32)} for clip in clips]


class FakeEmbedder:
    """A text's embedding is how often it says each letter."""

    def __call__(self, clips):
        return [{"embedding": np.array([[text.count(c) for c in "abcdefg"]], np.float32)} for text in clips]


def test_the_surest_names_first():
    logits = np.array([[0.0, 3, -1, 2, 1, 5, -9]], np.float32)
    assert through_text.top_names(logits, list("abcdefg")) == ["f", "b", "d", "e", "a"]


def test_probabilities_are_averaged_over_frames_not_logits():
    # sigmoids: a 1.0 and 0.0, mean 0.5; b 0.73 both. The mean logit would put a first.
    logits = np.array([[20.0, 1.0], [-10.0, 1.0]], np.float32)
    assert through_text.top_names(logits, ["a", "b"]) == ["b", "a"]


def test_equal_ones_stay_in_order():
    assert through_text.top_names(np.zeros((1, 7), np.float32), list("gfedcba"), 3) == ["g", "f", "e"]


def test_names_of_another_network_are_refused():
    with pytest.raises(ValueError, match="3 logits for 2 names"):
        through_text.top_names(np.zeros((1, 3), np.float32), ["a", "b"])


def test_sentence_and_embedding():
    extract = through_text.ThroughText(FakeClassifier(), list("abcdefg"), "a picture of {}", FakeEmbedder())
    clip = np.array([[0.0, 3, -1, 2, 1, 5, -9]])
    assert extract.sentences([clip]) == ["a picture of f, b, d, e, a"]
    (features,) = extract([clip])
    assert features["embedding"].shape == (1, 7)
    assert features["embedding"][0].tolist() == [2, 1, 1, 1, 2, 2, 0]


def test_factories_put_the_right_networks_together(monkeypatch, tmp_path):
    asked = []

    def loader(name, result):
        def load(weights, device):
            asked.append((name, weights, device))
            return result

        return load

    monkeypatch.setattr(efficientnet, "load", loader("image", FakeClassifier()))
    monkeypatch.setattr(efficientnet, "class_names", lambda folder: ["tabby, tabby cat", "castle"])
    monkeypatch.setattr(musicnn, "load_msd", loader("audio", FakeClassifier()))
    monkeypatch.setattr(minilm, "load", loader("text", FakeEmbedder()))
    weights = {"efficientnet_lite0": tmp_path, "musicnn": tmp_path, "minilm": tmp_path}
    labels = through_text.labels_minilm(weights, "cpu")
    assert labels.sentences([np.array([[2.0, 1.0]])]) == ["a picture of tabby, castle"]
    tags = through_text.tags_minilm(weights, "cpu")
    sad = np.where(np.array(musicnn.MSD_TAGS) == "sad", 5.0, -5.0)[None]
    assert tags.sentences([sad])[0] == "sad, rock, pop, alternative, indie music"
    assert [name for name, _, _ in asked] == ["image", "text", "audio", "text"]
    assert all(device == "cpu" and given is weights for _, given, device in asked)


def test_what_the_classifier_gave_before_serves_instead_of_it():
    extract = through_text.ThroughText(FakeClassifier(), list("abcdefg"), "a picture of {}", FakeEmbedder())
    logits = [np.array([[0.0, 3, -1, 2, 1, 5, -9]], np.float32), np.array([[9.0, 3, -1, 2, 1, 5, -9]], np.float32)]
    one, other = extract(logits), extract.of_stored(logits)
    assert [each["embedding"].tolist() for each in one] == [each["embedding"].tolist() for each in other]
