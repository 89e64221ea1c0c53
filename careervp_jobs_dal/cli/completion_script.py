"""Scripts that complete the words of the command line in bash, zsh and fish, made from the parser."""

from __future__ import annotations

from argparse import SUPPRESS, _HelpAction, _SubParsersAction
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

from careervp_jobs_dal.cli.invocation import PROGRAM

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterable, Iterator

FILE = "FILE"
_OF_FILES = frozenset({"FILE", "DIRECTORY"})


class Place(NamedTuple):
    """Place on the command line, and the words that can stand there.

    Attributes:
        words: the command so far, such as "table create"; "" at the start.
        commands: the commands that can follow, with their summaries.
        options: the options, with their help.
        values: the values of those options that take one; FILE alone for a file, nothing for any text.
        takes_file: whether an argument is a file.
    """

    words: str
    commands: dict[str, str]
    options: dict[str, str]
    values: dict[str, tuple[str, ...]]
    takes_file: bool


def completion(shell: str, parser: ArgumentParser) -> str:
    """Write the script for a shell, "bash", "zsh" or "fish"."""
    places = list(_places(parser))
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](places)


def _places(parser: ArgumentParser, words: str = "") -> Iterator[Place]:
    options: dict[str, str] = {}
    values: dict[str, tuple[str, ...]] = {}
    below: dict[str, ArgumentParser] = {}
    summaries: dict[str, str] = {}
    takes_file = False
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            below = dict(action.choices)
            summaries = {each.dest: str(each.help) for each in action._choices_actions}
        elif not action.option_strings:
            takes_file = takes_file or action.metavar in _OF_FILES
            summaries |= dict.fromkeys(map(str, action.choices or ()), str(action.help))
        for name in action.option_strings:
            help_text = "" if action.help in (None, SUPPRESS) else str(action.help)
            options[name] = "show the help" if isinstance(action, _HelpAction) else help_text
            if action.nargs is None:
                choices = tuple(map(str, action.choices or ()))
                values[name] = (FILE,) if action.metavar in _OF_FILES else choices
    yield Place(words, summaries, options, values, takes_file)
    for name, each in below.items():
        yield from _places(each, f"{words} {name}".strip())


def _bash(places: list[Place]) -> str:
    return f"""\
# bash completion of {PROGRAM}: source this file, or put it into ~/.local/share/bash-completion/completions/{PROGRAM}
_careervp_jobs() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}} place="" found="" word
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "${{place:+$place }}$word" in
            {_patterns(places)}) place="${{place:+$place }}$word" ;;
        esac
    done
    COMPREPLY=()
    case "$place:$previous" in
{_cases(places, 'COMPREPLY=($(compgen -f -- "$current")); return', "return")}
        *) case "$place" in
{_words(places, "$current")}
        esac ;;
    esac
    [[ $found == "<file>" ]] && {{ COMPREPLY=($(compgen -f -- "$current")); return; }}
    COMPREPLY=($(compgen -W "$found" -- "$current"))
}}
complete -o filenames -F _careervp_jobs {PROGRAM}
"""


def _zsh(places: list[Place]) -> str:
    return f"""\
#compdef {PROGRAM}
# zsh completion of {PROGRAM}: put this into a folder of $fpath as _{PROGRAM}, before compinit
_careervp_jobs() {{
    local previous=${{words[CURRENT-1]}} place="" found="" word
    for word in "${{(@)words[2,CURRENT-1]}}"; do
        case "${{place:+$place }}$word" in
            {_patterns(places)}) place="${{place:+$place }}$word" ;;
        esac
    done
    case "$place:$previous" in
{_cases(places, "_files; return", "return")}
        *) case "$place" in
{_words(places, "${words[CURRENT]}")}
        esac ;;
    esac
    if [[ $found == "<file>" ]]; then _files; else compadd -- ${{=found}}; fi
}}
if [[ $funcstack[1] == _careervp-jobs ]]; then _careervp_jobs "$@"; else compdef _careervp_jobs {PROGRAM}; fi
"""


def _patterns(places: Iterable[Place]) -> str:
    return " | ".join(f'"{place.words}"' for place in places if place.words)


def _cases(places: Iterable[Place], file: str, nothing: str) -> str:
    """Write the case of each option that takes a value."""
    lines = []
    for place in places:
        for option, values in place.values.items():
            act = file if values == (FILE,) else f'found="{" ".join(values)}"' if values else nothing
            lines.append(f'        "{place.words}:{option}") {act} ;;')
    return "\n".join(lines)


def _words(places: Iterable[Place], current: str) -> str:
    """Write the words of each place, or files unless an option is begun.

    `current` is the shell's name for the word that is being typed.
    """
    lines = []
    for place in places:
        words = " ".join([*place.commands, *place.options])
        if place.takes_file:
            begun = f"[[ {current} == -* ]]"
            lines.append(f'            "{place.words}") if {begun}; then found="{words}"; else found="<file>"; fi ;;')
        else:
            lines.append(f'            "{place.words}") found="{words}" ;;')
    return "\n".join(lines)


def _fish(places: list[Place]) -> str:
    lines = [
        f"# fish completion of {PROGRAM}: put this into ~/.config/fish/completions/{PROGRAM}.fish",
        "function __careervp_jobs_at",
        "    set -l place",
        "    for word in (commandline -opc)[2..]",
        "        switch (string join -- ' ' $place $word)",
        f"            case {' '.join(quote(place.words) for place in places if place.words)}",
        "                set -a place $word",
        "        end",
        "    end",
        '    test "$place" = "$argv"',
        "end",
        f"complete -c {PROGRAM} -f",
    ]
    for place in places:
        at = f"complete -c {PROGRAM} -n {quote(f'__careervp_jobs_at {place.words}'.strip())}"
        lines += [f"{at} -a {name} -d {_fish_text(summary)}" for name, summary in place.commands.items()]
        lines += [f"{at} -F"] if place.takes_file else []
        for option, help_text in place.options.items():
            kind = f"-l {option[2:]}" if option.startswith("--") else f"-s {option[1:]}"
            lines.append(f"{at} {kind}{_fish_value(place.values.get(option))} -d {_fish_text(help_text)}")
    return "\n".join(lines) + "\n"


def _fish_value(values: tuple[str, ...] | None) -> str:
    if values is None:
        return ""
    if values == (FILE,):
        return " -r -F"
    return f" -x -a {_fish_text(' '.join(values))}" if values else " -x"


def _fish_text(text: str) -> str:
    """Write a text as fish quotes it, with a backslash before a quote."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
