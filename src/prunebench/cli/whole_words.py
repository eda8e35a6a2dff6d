"""Completion of words that hold `=`, `:` or `.`, as `prune.allocations=` and `tp:taylor` do.

Bash takes such a word apart (`COMP_WORDBREAKS`) and replaces only its last part, so the line is read as it was typed,
and what stands before the last break is taken off what is offered. Where a word goes on, as `prune.` does, bash and zsh
put no space behind it.
"""

from __future__ import annotations

import os
from typing import Any

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

_SOURCE = """\
%(complete_func)s() {
    local IFS=$'\\n'
    local response type value completion

    response=$(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_BREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete $1)

    for completion in $response; do
        IFS=',' read -r type value <<< "$completion"

        if [[ $type == 'dir' ]]; then
            COMPREPLY=()
            compopt -o dirnames
        elif [[ $type == 'file' ]]; then
            COMPREPLY=()
            compopt -o default
        elif [[ $type == 'plain' ]]; then
            [[ $value == *' '* ]] && printf -v value %%q "$value"
            COMPREPLY+=("$value")
            [[ $value == *[=:.] ]] && compopt -o nospace
        fi
    done

    return 0
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class WholeWordsBash(BashComplete):
    """As click's for bash, but for words that bash takes apart."""

    source_template = _SOURCE
    _before = ""  # what bash keeps of the word that is completed

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is completed, and that one."""
        line = os.environ.get("COMP_LINE")
        if line is None:
            return super().get_completion_args()
        words = split_arg_string(line)
        args, last = (words[1:], "") if not words or line[-1:].isspace() else (words[1:-1], words[-1])
        value = last.partition("=")[2] if last.startswith("--") else last
        breaks = os.environ.get("COMP_BREAKS", "=:")
        self._before = value[: 1 + max((value.rfind(sign) for sign in "=:" if sign in breaks), default=-1)]
        return args, last

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """One line of the answer to the shell."""
        value = str(item.value)
        return f"{item.type},{value.removeprefix(self._before) if item.type == 'plain' else value}"


_ZSH_OPEN = """\
            if [[ "$key" == *[=:.] && "$descr" == "_" ]]; then
                open+=("$key")
            elif [[ "$key" == *[=:.] ]]; then
                open_with_descriptions+=("$key":"$descr")
            elif [[ "$descr" == "_" ]]; then
"""
_ZSH_ADD = """\
    if [ -n "$open_with_descriptions" ]; then
        _describe -V unsorted open_with_descriptions -U -S ''
    fi

    if [ -n "$open" ]; then
        compadd -U -S '' -V unsorted -a open
    fi

    if [ -n "$completions" ]; then
"""


class OpenWordsZsh(ZshComplete):
    """As click's for zsh, but without a space behind words that go on."""

    source_template = (
        ZshComplete.source_template.replace(
            "    local -a response\n", "    local -a response\n    local -a open open_with_descriptions\n", 1
        )
        .replace('            if [[ "$descr" == "_" ]]; then\n', _ZSH_OPEN, 1)
        .replace('    if [ -n "$completions" ]; then\n', _ZSH_ADD, 1)
    )


def use_whole_words() -> None:
    """Let bash and zsh complete words that go on."""
    add_completion_class(WholeWordsBash, "bash")
    add_completion_class(OpenWordsZsh, "zsh")
