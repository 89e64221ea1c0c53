"""The search of a site that Sphinx has built, as its searchtools.js does it in a browser.

The functions have the names and the order of searchtools.js. `python -m tests.site.search FOLDER WORD ...` searches.
"""

from __future__ import annotations

import json
import math
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

OBJECT_NAME, OBJECT_PART, TITLE, TITLE_PART, TERM, TERM_PART = 11, 6, 15, 7, 5, 2
HEADING = 3
OBJECT_PRIORITIES = {0: 15, 1: 5, 2: -5}


@dataclass(frozen=True)
class Hit:
    """One line of the answer."""

    page: str
    title: str
    anchor: str
    description: str
    score: int
    kind: str


@dataclass
class Site:
    """The index of a site."""

    index: dict[str, Any]
    stop_words: set[str]
    last_pages: set[str]
    stem: Callable[[str], str]

    @classmethod
    def at(cls, folder: Path) -> Site:
        """Read what a browser would load."""
        from snowballstemmer import stemmer  # it comes with Sphinx

        text = (folder / "searchindex.js").read_text(encoding="utf-8")
        language = (folder / "_static" / "language_data.js").read_text(encoding="utf-8")
        words = re.search(r"stopwords = new Set\((\[.*?\])\)", language, re.DOTALL)
        last = re.search(r"const LAST = (\[.*?\]);", language, re.DOTALL)
        assert words is not None
        assert last is not None
        index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
        return cls(index, set(json.loads(words[1])), set(json.loads(last[1])), stemmer("english").stemWord)

    def search(self, query: str) -> list[Hit]:
        """All hits, the best one first."""
        objects = dict.fromkeys(re.findall(r"\w+", query.lower()))
        words = [word for word in objects if word not in self.stop_words and not word.isdigit()]
        main, others = self._entries(query.lower().strip())
        hits = self._titles(query.lower().strip()) + main
        for name in objects:
            hits += self._objects(name, set(objects) - {name})
        hits += self._terms(list(dict.fromkeys(self.stem(word) for word in words)))
        ordered = sorted(others, key=self._rank) + sorted(hits, key=self._rank)
        best: dict[tuple[str, str, str, str], Hit] = {}
        for hit in reversed(ordered):
            best.setdefault((hit.page, hit.title, hit.anchor, hit.description), hit)
        return list(best.values())

    def _rank(self, hit: Hit) -> tuple[float, list[int]]:
        # JavaScript's sort keeps equal elements in place; a later title goes first.
        score = (hit.score / 100 if hit.page in self.last_pages else hit.score) * (
            HEADING if hit.kind == "title" else 1
        )
        return score, [-ord(letter) for letter in hit.title.lower()] + [0]

    def _hit(self, number: int, title: str, anchor: str, description: str, score: int, kind: str) -> Hit:
        return Hit(self.index["docnames"][number], title, anchor, description, score, kind)

    def _titles(self, query: str) -> list[Hit]:
        hits = []
        titles = self.index["titles"]
        for title, places in self.index["alltitles"].items():
            if query in title.lower().strip() and len(query) >= len(title) / 2:
                for number, anchor in places:
                    own = titles[number] == title
                    shown = title if own else f"{titles[number]} > {title}"
                    score = math.floor(TITLE * len(query) / len(title) + 0.5) + own
                    hits.append(self._hit(number, shown, f"#{anchor}" if anchor else "", "", score, "title"))
        return hits

    def _entries(self, query: str) -> tuple[list[Hit], list[Hit]]:
        main: list[Hit] = []
        others: list[Hit] = []
        for entry, places in self.index["indexentries"].items():
            if query in entry and len(query) >= len(entry) / 2:
                score = math.floor(100 * len(query) / len(entry) + 0.5)
                for number, anchor, is_main in places:
                    title = self.index["titles"][number]
                    hit = self._hit(number, title, f"#{anchor}" if anchor else "", "", score, "index")
                    (main if is_main else others).append(hit)
        return main, others

    def _objects(self, name: str, other_words: set[str]) -> list[Hit]:
        hits = []
        for prefix, found in self.index["objects"].items():
            for number, kind, priority, anchor, last in found:
                full = f"{prefix}.{last}" if prefix else last
                if name not in full.lower():
                    continue
                tail = full.lower().split(".")[-1]
                score = OBJECT_NAME if name in (full.lower(), tail) else OBJECT_PART if name in tail else 0
                _, role, label = self.index["objnames"][str(kind)]
                haystack = f"{prefix} {last} {label} {self.index['titles'][number]}".lower()
                if all(word in haystack for word in other_words):
                    score += OBJECT_PRIORITIES.get(priority, 0)
                    anchor_ = full if anchor == "" else f"{role}-{full}" if anchor == "-" else anchor
                    description = f"{label}, in {self.index['titles'][number]}"
                    hits.append(self._hit(number, full, f"#{anchor_}", description, score, "object"))
        return hits

    def _terms(self, words: list[str]) -> list[Hit]:
        scores: dict[int, dict[str, int]] = {}
        for word in words:
            for pages, score in self._pages_with(word):
                for number in [pages] if isinstance(pages, int) else pages:
                    scores.setdefault(number, {})[word] = score
        enough = {len(words), sum(len(word) > 2 for word in words)}
        return [
            self._hit(number, self.index["titles"][number], "", "", max(found.values()), "text")
            for number, found in scores.items()
            if len(found) in enough
        ]

    def _pages_with(self, word: str) -> list[tuple[Any, int]]:
        terms, titles = self.index["terms"], self.index["titleterms"]
        found = [(terms.get(word, []), TERM), (titles.get(word, []), TITLE)]
        if len(word) > 2:
            if word not in terms:
                found += [(pages, TERM_PART) for term, pages in terms.items() if word in term]
            if word not in titles:
                found += [(pages, TITLE_PART) for term, pages in titles.items() if word in term]
        return found


if __name__ == "__main__":
    for hit_ in Site.at(Path(sys.argv[1])).search(" ".join(sys.argv[2:]))[:8]:
        print(f"{hit_.score:4} {hit_.kind:7} {hit_.page}{hit_.anchor}  {hit_.title}")
