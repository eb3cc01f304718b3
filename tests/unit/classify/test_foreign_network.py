"""Networks of other people's: what they are given, and what comes of their answers."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from emovere import weights
from emovere.classify.classifier import load_model
from emovere.errors import ConfigError, ModelError
from emovere.labels import FER7, FERPLUS8


@pytest.fixture
def faces(rng):
    return rng.integers(0, 256, (5, 48, 48), dtype=np.uint8)


def softmax(logits, temperature=1.0):
    powers = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    return powers / powers.sum(axis=1, keepdims=True)


def matrix(path):
    return onnx.numpy_helper.to_array(onnx.load(path).graph.initializer[0]).astype(np.float64)


def means(faces):
    return faces.reshape(len(faces), -1).mean(axis=1, keepdims=True) / 255


@pytest.mark.parametrize(
    ("shape", "layout", "colour"),
    [
        (("n", 1, 48, 48), "NCHW", "grey"),
        (("n", 48, 48, 1), "NHWC", "grey"),
        (("n", 3, 48, 48), "NCHW", "rgb"),
        (("n", 48, 48, 3), "NHWC", "bgr"),
        ((1, 1, 48, 48), "NCHW", "grey"),
        ((1, 48, 48, 3), "NHWC", "rgb"),
        ((4, 1, 48, 48), "NCHW", "grey"),
        (("n", 1, "h", "w"), "NCHW", "grey"),
    ],
)
def test_every_layout_colour_and_batch_gives_what_the_network_reckons(make, faces, shape, layout, colour):
    path = make({"shape": shape}, layout=layout, colour=colour)
    network = load_model(path)
    given = np.repeat(means(faces), 1 if colour == "grey" else 3, axis=1)
    seen = network.predict(faces)
    assert seen.labels == network.labels == FER7
    np.testing.assert_allclose(seen.probs, softmax(given @ matrix(path)), atol=1e-5)
    assert len(network.predict(faces[:0])) == 0


@pytest.mark.parametrize(
    ("scaling", "reckoned"),
    [
        ({"divide": 1}, lambda x: 255 * x),
        ({"divide": 127.5, "offset": -1.0}, lambda x: 2 * x - 1),
        ({"mean": [0.5], "std": [0.25]}, lambda x: (x - 0.5) / 0.25),
        (
            {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]},
            lambda x: (x - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225],
        ),
    ],
)
def test_pixels_are_scaled_as_described(make, faces, scaling, reckoned):
    path = make({"shape": ("n", 3, 48, 48), "weights": np.eye(3, 7, dtype=np.float32)}, colour="rgb", **scaling)
    expected = softmax(reckoned(np.repeat(means(faces), 3, axis=1)) @ np.eye(3, 7))
    np.testing.assert_allclose(load_model(path).predict(faces).probs, expected, atol=1e-4)


@pytest.mark.parametrize("temperature", [1.0, 2.5, 0.3])
@pytest.mark.parametrize("gives_shares", [False, True])
def test_logits_and_probabilities_at_a_temperature(make, faces, gives_shares, temperature):
    outputs = "probabilities" if gives_shares else "logits"
    path = make({"softmax": gives_shares}, outputs=outputs, temperature=temperature)
    expected = softmax(means(faces) @ matrix(path), temperature)
    np.testing.assert_allclose(load_model(path).predict(faces).probs, expected, atol=1e-5)


def test_huge_logits_do_not_overflow(make, faces):
    path = make({"weights": np.linspace(-1e5, 1e5, 7, dtype=np.float32)[None]})
    np.testing.assert_allclose(load_model(path).predict(faces).probs[:, -1], 1)


@pytest.mark.parametrize(("dtype", "divide"), [("float16", 255), ("uint8", 1)])
@pytest.mark.parametrize("stated", [True, False])
def test_other_numbers_than_float32(make, faces, dtype, divide, stated):
    path = make({"dtype": dtype}, dtype=dtype if stated else None, divide=divide)
    expected = softmax(means(faces) * (255 / divide) @ matrix(path))
    np.testing.assert_allclose(load_model(path).predict(faces).probs, expected, atol=5e-3)


@pytest.mark.parametrize("out_shape", [(-1, 7, 1, 1), (-1, 1, 1, 7)])
def test_outputs_with_axes_of_length_one(make, faces, out_shape):
    path = make({"out_shape": out_shape})
    np.testing.assert_allclose(load_model(path).predict(faces).probs, softmax(means(faces) @ matrix(path)), atol=1e-5)


def test_one_face_at_a_time_may_come_without_its_axis(make, faces):
    path = make({"shape": (1, 1, 48, 48), "out_shape": (7,)})
    np.testing.assert_allclose(load_model(path).predict(faces).probs, softmax(means(faces) @ matrix(path)), atol=1e-5)


@pytest.mark.parametrize("side", [64, 224])
def test_crops_are_asked_for_and_brought_to_its_size(make, faces, side):
    network = load_model(make({"shape": ("n", 3, side, side)}, colour="rgb", side=side))
    assert network.side == side
    assert network.predict(faces).probs.shape == (5, 7)


def test_few_labels_and_the_words_of_others(make, faces):
    path = make({"labels": 4}, labels=["Anger", "HAPPINESS", "neutral", "sadness"])
    network = load_model(path)
    assert network.labels == ("angry", "happy", "neutral", "sad")
    assert network.info.labels == network.labels
    two = load_model(path, labels="sad,happy").predict(faces)
    assert two.labels == ("sad", "happy")
    whole = network.predict(faces).probs[:, [3, 1]]
    np.testing.assert_allclose(two.probs, whole / whole.sum(axis=1, keepdims=True), atol=1e-6)


@pytest.mark.parametrize("asked", ["fer7", "ferplus8", "angry,fear"])
def test_labels_that_it_has_not(make, asked):
    path = make({"labels": 4}, labels=["angry", "happy", "neutral", "sad"])
    with pytest.raises(ConfigError, match=r"fear.* not among what the model tells apart \(angry, happy, neutral, sad"):
        load_model(path, labels=asked)


def test_eight_labels_serve_seven_as_well(make, faces):
    path = make({"labels": 8}, labels=[*FERPLUS8[::-1]])
    assert load_model(path).labels == FERPLUS8[::-1]
    assert load_model(path, labels="fer7").predict(faces).labels == FER7
    assert load_model(path, labels="ferplus8").predict(faces).labels == FERPLUS8


def test_sets_where_a_threshold_is_given(make, faces):
    assert load_model(make()).predict(faces).sets is None
    seen = load_model(make(threshold=0.1)).predict(faces)
    assert seen.sets is not None
    most = np.eye(7, dtype=bool)[seen.probs.argmax(axis=1)]
    np.testing.assert_array_equal(seen.sets, (seen.probs >= 0.1) | most)


def test_what_it_is_called(make):
    plain, named = load_model(make()), load_model(make(name="theirs-2", version="2", licence="MIT"))
    assert (plain.info.name, plain.info.version, plain.info.sha256) == ("theirs", "", named.info.sha256)
    assert (named.info.name, named.info.version, named.description.licence) == ("theirs-2", "2", "MIT")


def test_a_face_without_a_finite_answer_is_an_error(make):
    """A white face is too much for half precision; the grey pictures that it is tried on are not."""
    weights = np.full((1, 7), 500, np.float32)
    network = load_model(make({"weights": weights, "dtype": "float16"}, divide=1, mean=[100.0]))
    with pytest.raises(ModelError, match="theirs: answers numbers that are not finite for some face"):
        network.predict(np.full((1, 48, 48), 255, np.uint8))


def test_our_own_network_as_if_it_were_a_stranger(tmp_path, rng):
    model = onnx.load(weights.place("light"))
    del model.metadata_props[:]
    path = tmp_path / "stranger.onnx"
    onnx.save(model, path)
    path.with_suffix(".toml").write_text(
        '[network]\nside = 48\nlayout = "NCHW"\ncolour = "grey"\ndivide = 1\noutputs = "probabilities"\n'
        f"output = 'fer7'\nlabels = {list(FER7)}\n"
    )
    faces = rng.integers(0, 256, (9, 48, 48), dtype=np.uint8)
    expected = load_model("light", labels="fer7").predict(faces).probs
    np.testing.assert_allclose(load_model(path).predict(faces).probs, expected, atol=1e-6)


def test_own_metadata_come_before_a_file_that_happens_to_lie_beside(tmp_path):
    path = tmp_path / "light.onnx"
    path.write_bytes(weights.place("light").read_bytes())
    path.with_suffix(".toml").write_text('name = "a recipe"\n')
    assert load_model(path).info.name == "light"
