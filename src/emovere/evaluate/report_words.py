"""What the figures of a report do not say, in words."""

from __future__ import annotations

from collections.abc import Iterator

from emovere.evaluate.split import SplitResult


def caveats(result: SplitResult) -> Iterator[str]:
    """One sentence or two each, those that hold for what was measured."""
    yield (
        "An expression is not an emotion. What was measured is how well the network tells which expression annotators "
        "saw in a photograph, not what a person felt, meant or is like."
    )
    if result.official_split is None:
        yield (f"{result.split} is no official split of FER2013. Its figures are not comparable with published ones.")
    elif result.split == "PublicTest":
        yield (
            "PublicTest is what epochs, temperatures and thresholds are chosen by. Accuracy is a little flattered by "
            "that, calibration and set coverage more so; only PrivateTest, opened once, tells how they carry over."
        )
    elif result.split == "Training":
        yield "Training is what networks learn from. Nothing here says how well it tells a face it has not seen."
    if result.label_set == "fer7":
        yield (
            "FER2013's labels are one opinion each, and many are wrong: look at the surest mistakes. Above 78 % a leak "
            "is likelier than skill."
        )
        yield (
            "The line of one annotator is a scale, not the same question: it says how often one of FER+'s ten agrees "
            "with the other nine, while the network is compared with FER2013's labels."
        )
    else:
        yield (
            "Faces on which FER+'s annotators have no majority are left out, and these are the hard ones. The figures "
            "are not comparable with those on FER2013's labels."
        )
    yield (
        "An interval says how far the figure would move with other faces of the same kind. It says nothing of another "
        "training run with another seed, and nothing of faces from elsewhere: on other datasets such networks reach 46 "
        "to 66 %."
    )
    rare = [one for one in result.examination.official.classes if one.support < 100]
    if rare:
        few = ", ".join(f"{one.label} ({one.support:,} faces)" for one in rare)
        yield f"Rare classes rest on few faces, so that their figures move with a handful of them: {few}."
    if result.examination.leaked is None:
        yield "No other split was given, so that nothing is known about faces that stand in two splits."
    else:
        yield (
            f"{result.examination.leaked:,} of the faces have a copy in another split. Copies that were cropped "
            "differently are missed, and a few pairs are strangers who look alike."
        )
    yield (
        "The faces are cut out of the pictures already, 48 x 48 pixels, grey and mostly frontal. Finding a face and "
        "cutting it out cost accuracy of their own, which is not in here."
    )
    yield (
        "FER2013 does not say who is on a photo. Nothing is known from it about differences between groups of people, "
        "and other systems have shown such differences."
    )
