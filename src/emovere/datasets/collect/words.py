"""Word lists: for each emotion its words, combined with words for people, as FER2013 was made.

FER2013's makers combined 184 words such as "blissful" and "enraged" with words for gender, age and ethnicity to nearly
600 queries (Goodfellow et al. 2013, arXiv 1307.0414). Theirs are not published; ours are a list of the same size.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from emovere.errors import ConfigError, unknown_name
from emovere.weights import assets


@dataclass(frozen=True)
class WordList:
    """Words to search with."""

    name: str
    emotions: Mapping[str, tuple[str, ...]]
    """Class to the words that are searched for it."""
    people: tuple[str, ...]
    """Words for age, gender and ethnicity, each put behind a word: ``blissful`` and ``elderly woman``."""
    alone: str = "face"
    """What is put behind a word that stands without one for people."""
    each: int = 3
    """Queries that are made of one word: the first without people."""


def load_words(source: str | Path) -> WordList:
    """The word list of that name, or of a TOML file. Raises ConfigError."""
    path = Path(source)
    shipped = {file.stem: file for file in sorted((assets() / "words").glob("*.toml"))}
    if path.suffix.lower() != ".toml":
        if str(source) not in shipped:
            raise ConfigError(
                f"{unknown_name('word list', str(source), shipped)}; or name a .toml, .txt or .csv file, or a folder"
            )
        path = shipped[str(source)]
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: expected a TOML file of words; {error}") from error
    unknown = set(data) - {"emotions", "people", "alone", "each"}
    if unknown:
        raise ConfigError(f"{path}: {unknown_name('key', sorted(unknown)[0], ('emotions', 'people', 'alone', 'each'))}")
    emotions = data.get("emotions")
    if not isinstance(emotions, dict) or not emotions:
        raise ConfigError(f"{path}: expected a table [emotions] with a list of words for each emotion; got none")
    people = data.get("people", {})
    if not isinstance(people, dict):
        raise ConfigError(f"{path}: expected a table [people] of lists of words; got {people!r}")
    alone, each = data.get("alone", "face"), data.get("each", 3)
    if not isinstance(alone, str) or not isinstance(each, int) or isinstance(each, bool) or each < 1:
        raise ConfigError(f"{path}: expected alone as a text and each as a whole number of at least 1")
    mixed = zip_longest(*(_words(path, f"people.{name}", words) for name, words in people.items()))
    return WordList(
        path.stem,
        {_class(path, name): _words(path, f"emotions.{name}", words) for name, words in emotions.items()},
        tuple(word for row in mixed for word in row if word),
        alone,
        each,
    )


def queries(words: WordList, emotions: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """(emotion, query) of every combination, emotions in turn, so that whoever stops early has some of each.

    Each word stands alone first; further ones go with the words for people, which are dealt out in order so that every
    emotion meets each of them about equally often. Raises ConfigError for an emotion that the list lacks.
    """
    for name in emotions:
        if name not in words.emotions:
            raise ConfigError(unknown_name("emotion", name, words.emotions))
    columns = []
    for name in emotions or tuple(words.emotions):
        dealt, column = 0, []
        for combination in range(words.each if words.people else 1):
            for word in words.emotions[name]:
                if combination:
                    column.append((name, f"{word} {words.people[dealt % len(words.people)]}"))
                    dealt += 1
                else:
                    column.append((name, f"{word} {words.alone}".strip()))
        columns.append(column)
    return [entry for row in zip_longest(*columns) for entry in row if entry is not None]


def _words(path: Path, where: str, words: object) -> tuple[str, ...]:
    if not isinstance(words, list) or not words or not all(isinstance(w, str) and w.strip() for w in words):
        raise ConfigError(f"{path}: {where}: expected a list of words; got {str(words)[:60]}")
    return tuple(dict.fromkeys(" ".join(word.split()) for word in words))


def _class(path: Path, name: str) -> str:
    if not name.strip() or not name.isprintable() or "," in name or len(name) > 40:
        raise ConfigError(f"{path}: emotions: expected printable names without commas, at most 40 long; got {name!r}")
    return name
