"""``emovere evaluate``: how well a network tells the expressions of a split, beside people, and how it breaks."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from emovere.cli import options as shared

if TYPE_CHECKING:
    from emovere.datasets.faceset import FaceSet
    from emovere.evaluate.people import People
    from emovere.evaluate.robustness import Robustness
    from emovere.evaluate.split import Predictor


class LabelSet(StrEnum):
    """What the network is asked for."""

    AUTO = "auto"
    FER7 = "fer7"
    FERPLUS8 = "ferplus8"


class Format(StrEnum):
    """How the figures are printed."""

    TABLE = "table"
    JSON = "json"


class _Result(Protocol):
    @property
    def title(self) -> str: ...

    def save(self, folder: Path) -> None: ...

    def to_dict(self) -> dict[str, Any]: ...


def evaluate(
    model: Annotated[str, typer.Argument(help="A network's name, or an ONNX file.")],
    *,
    data: shared.Data,
    split: Annotated[
        str, typer.Option(help="The split to measure on. Keep PrivateTest for the one figure that is reported.")
    ] = "PublicTest",
    ferplus: shared.FerPlus = None,
    labels: Annotated[
        LabelSet,
        typer.Option(
            help="fer7: FER2013's labels. ferplus8: the majority of FER+'s votes. auto: fer7, or such of "
            "its classes as the network tells."
        ),
    ] = LabelSet.AUTO,
    people: Annotated[
        bool, typer.Option("--people", help="Also compare it with people: FER+'s annotators, each against the rest.")
    ] = False,
    robustness: Annotated[
        bool, typer.Option("--robustness", help="Measure how it breaks: faces spoilt in 13 ways, at 5 strengths each.")
    ] = False,
    count: Annotated[
        int | None,
        typer.Option(
            "--faces", metavar="N", min=1, help="With --robustness: faces drawn from the split; 1000 unless said."
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.html",
            help="Also write a page with figures, charts and faces; with --people and --robustness these too. It shows "
            "faces of the data: keep it to yourself.",
        ),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="With --report: the run whose curves it shows; else the folder that the ONNX file is in.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            help="A folder for evaluation.json, confusion.png and .txt, reliability.png and risk_coverage.png; "
            "with --robustness for robustness.json, .png and .txt.",
        ),
    ] = None,
    layout: Annotated[Format, typer.Option("--format", help="How the figures are printed.")] = Format.TABLE,
) -> None:
    """Measure a network on a split of FER2013: officially, and without copies of other splits' faces."""
    from emovere.classify.classifier import load_model
    from emovere.datasets.load import load_faces
    from emovere.evaluate.report_run import curves_of
    from emovere.evaluate.robustness_text import robustness_text

    _check(count, run, people, robustness, report)
    network = load_model(model, labels=labels.value)
    label_set = "ferplus8" if labels is LabelSet.FERPLUS8 else "fer7"
    curves = curves_of(model, run) if report is not None else []
    faces = load_faces(data, ferplus=ferplus)
    if split == "PrivateTest":
        _say("PrivateTest: nothing may be chosen by these figures")
    if robustness and report is None:
        broken = _break(network, faces, split, label_set, count)
        _keep(broken, "robustness.json, robustness.png, robustness.txt", output)
        _print(f"{broken.title}\n\n{robustness_text(broken)}", broken.to_dict(), layout)
        return
    from emovere.evaluate.people_text import people_text
    from emovere.evaluate.report import Extras, write_report
    from emovere.evaluate.split import FILES, ask_split
    from emovere.evaluate.text import examination_text

    answers = ask_split(network, faces, split, label_set=label_set)
    result = answers.examined()
    text = f"{result.title}\n\n{examination_text(result.examination, result.human)}"
    found: dict[str, Any] = result.to_dict()
    against = _against(model, network, faces, split) if people else None
    if against is not None:
        text += f"\n\n{people_text(against)}"
        found["people"] = against.to_dict()
    spoilt = _break(network, faces, split, label_set, count) if robustness else None
    if spoilt is not None:
        text += f"\n\n{spoilt.title}\n\n{robustness_text(spoilt)}"
        found["robustness"] = spoilt.to_dict()
        _keep(spoilt, "robustness.json, robustness.png, robustness.txt", output)
    _keep(result, ", ".join(FILES), output)
    if report is not None:
        write_report(answers, result, report, Extras(against, spoilt, curves))
        _say(f"report written to {report}; it shows faces of the data, so keep it to yourself")
    _print(text, found, layout)


def _check(count: int | None, run: Path | None, people: bool, robustness: bool, report: Path | None) -> None:
    """Raise BadParameter for options that say nothing together."""
    if count is not None and not robustness:
        raise typer.BadParameter("--faces goes with --robustness; without it the whole split is measured")
    if run is not None and report is None:
        raise typer.BadParameter("--run goes with --report, which shows its curves")
    if people and robustness and report is None:
        raise typer.BadParameter("--people goes with --robustness only in a --report; else ask for one at a time")


def _against(model: str, network: Predictor, faces: FaceSet, split: str) -> People:
    """Ask the network for what the annotators were asked for, where it can tell that."""
    from emovere.classify.classifier import load_model
    from emovere.errors import ConfigError
    from emovere.evaluate.people import measure_people

    tested = faces.split(split)
    try:
        network = load_model(model, labels="ferplus8")
    except ConfigError:
        _say(f"{network.info.name} does not tell contempt: it is compared with people by its own labels")
    return measure_people(network.predict(tested.images), tested.votes)


def _break(network: Predictor, faces: FaceSet, split: str, label_set: str, count: int | None) -> Robustness:
    from emovere.evaluate.corruptions import CORRUPTIONS
    from emovere.evaluate.robustness import FACES, measure_robustness

    places = {name: f"{name}, {place} of {len(CORRUPTIONS)}" for place, name in enumerate(CORRUPTIONS, 1)}
    return measure_robustness(
        network,
        faces,
        split,
        label_set=label_set,
        count=count or FACES,
        told=lambda name: _say(f"emovere: {places[name]}"),
    )


def _keep(result: _Result, files: str, output: Path | None) -> None:
    if output is not None:
        result.save(output)
        _say(f"written to {output}: {files}")


def _print(text: str, found: dict[str, Any], layout: Format) -> None:
    print(json.dumps(found, indent=2) if layout is Format.JSON else text)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
