"""The completions for bash and zsh, from the tables of the commands and their options."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

from wizard.answers.cautions import CAUTIONS
from wizard.answers.model import POLICY, SECTIONS
from wizard.cli import COMMANDS
from wizard.options import EXPORT_FORMATS, HELP_TOPICS, OF_ITSELF, OF_SCREENS, OPTIONS

RUNS = "/var/lib/postfix-wizard/runs"
_WORDS = {
    "--section": (*SECTIONS, POLICY),
    "--since": ("30min", "6h", "7d", "today", "yesterday"),
    "TOPIC": HELP_TOPICS,
    "FORMAT": EXPORT_FORMATS,
}
"""The values of an option, or of an argument by its name in the usage."""

_BASH = """\
# bash completion for postfix-wizard. Made from the program's own tables.

_postfix_wizard() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD - 1]}} command='' word
    COMPREPLY=()
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case $word in
            {commands}) command=$word; break ;;
        esac
    done
    case $prev in
{values}
    esac
    case $command in
{options}
    esac
    mapfile -t COMPREPLY < <(compgen -W "$word" -- "$cur")
}}
complete -F _postfix_wizard postfix-wizard
"""
_BASH_FILES = 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -{kind} -- "$cur")'
_BASH_VALUES: Mapping[str, str] = {
    "--answers": _BASH_FILES.format(kind="f"),
    "--target": _BASH_FILES.format(kind="f"),
    "--root": _BASH_FILES.format(kind="d"),
    "--user": 'mapfile -t COMPREPLY < <(compgen -u -- "$cur")',
    "--against": 'mapfile -t COMPREPLY < <(compgen -A hostname -- "$cur")',
    "--accept": (
        "compopt -o nospace; mapfile -t COMPREPLY < <(compgen -S = -W '"
        + " ".join(CAUTIONS)
        + '\' -- "$cur")'
    ),
    **{
        option: f"mapfile -t COMPREPLY < <(compgen -W '{' '.join(words)}' -- \"$cur\")"
        for option, words in _WORDS.items()
        if option.startswith("-")
    },
}
_BASH_ARGUMENTS = {
    "RUN": f"$(command ls {RUNS} 2>/dev/null)",
    "TOPIC": " ".join(HELP_TOPICS),
    "FORMAT": " ".join(EXPORT_FORMATS),
    "DIR": '$(compgen -d -- "$cur")',
}

_ZSH = """\
#compdef postfix-wizard
# zsh completion for postfix-wizard. Made from the program's own tables.

_postfix-wizard() {{
    local curcontext=$curcontext state line
    local -a commands
    commands=(
{commands}
    )
    _arguments -C \\
{top} \\
        '1:command:->command' \\
        '*::argument:->argument'
    case $state in
        command) _describe command commands ;;
        argument)
            case $words[1] in
{options}
            esac
            ;;
    esac
}}

_postfix-wizard "$@"
"""
_ZSH_VALUES: Mapping[str, str] = {
    "--answers": "_files",
    "--target": "_files",
    "--root": "_files -/",
    "DIR": "_files -/",
    "--user": "_users",
    "--against": "_hosts",
    "--accept": f"compadd -S = -- {' '.join(CAUTIONS)}",
    "RUN": f'compadd -- ${{(f)"$(command ls {RUNS} 2>/dev/null)"}}',
    **{option: f"({' '.join(words)})" for option, words in _WORDS.items()},
}


def bash() -> str:
    """Return the completion for bash."""
    with_value = [
        word
        for arguments in OPTIONS.values()
        for word, settings in arguments
        if word.startswith("-") and "metavar" in settings
    ]
    # After an option whose value cannot be guessed, nothing is offered.
    values = [
        f"        {word}) {_BASH_VALUES.get(word, ':')}; return ;;"
        for word in dict.fromkeys(with_value)
    ]
    first = " ".join((*(one.name for one in COMMANDS), *_words((*OF_SCREENS, *OF_ITSELF))))
    options = [
        f"        '') word='{first}' ;;",
        *(f'        {one.name}) word="{" ".join(_words(one.options))}" ;;' for one in COMMANDS),
    ]
    return _BASH.format(
        commands="|".join(one.name for one in COMMANDS),
        values="\n".join(values),
        options="\n".join(options),
    )


def _words(options: tuple[str, ...]) -> Iterator[str]:
    for option in options:
        for word, settings in OPTIONS[option]:
            yield word if word.startswith("-") else _BASH_ARGUMENTS[settings["metavar"]]


def zsh() -> str:
    """Return the completion for zsh."""
    indent = " " * 20
    options = []
    for command in COMMANDS:
        rows = [f"{indent}{row}" for row in _zsh_rows(command.options)]
        call = f"{' ' * 16}{command.name}) _arguments"
        options.append(" \\\n".join((call, *rows)) + " ;;")
    return _ZSH.format(
        commands="\n".join(f"        {_zsh_quoted(f'{c.name}:{c.help}')}" for c in COMMANDS),
        top=" \\\n".join(f"        {row}" for row in _zsh_rows((*OF_SCREENS, *OF_ITSELF))),
        options="\n".join(options),
    )


def _zsh_rows(options: tuple[str, ...]) -> Iterator[str]:
    position = itertools.count(1)
    for option in options:
        for word, settings in OPTIONS[option]:
            metavar = settings.get("metavar", "")
            value = _ZSH_VALUES.get(word, _ZSH_VALUES.get(metavar, " "))
            if not word.startswith("-"):
                yield _zsh_quoted(f"{next(position)}:{metavar}:{value}")
                continue
            again = "*" if settings.get("action") == "append" else ""
            text = settings["help"].translate({ord("["): "(", ord("]"): ")", ord(":"): r"\:"})
            yield _zsh_quoted(f"{again}{word}[{text}]" + (f":{metavar}:{value}" if metavar else ""))


def _zsh_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
