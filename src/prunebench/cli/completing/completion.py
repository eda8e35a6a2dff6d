"""`prunebench completion`: the lines that switch completion on in a shell."""

from __future__ import annotations

import click

from prunebench.cli.choice import Choice


@click.command(
    epilog="\b\nFor bash, a line in ~/.bashrc:\n"
    '  eval "$(prunebench completion bash)"\n'
    "\b\nFor zsh, a line in ~/.zshrc:\n"
    '  eval "$(prunebench completion zsh)"\n'
    "\b\nFor fish, a line in ~/.config/fish/config.fish:\n"
    "  source (prunebench completion fish | psub)\n"
    "\b\nExamples:\n"
    "  prunebench completion bash"
)
@click.argument("shell", metavar="bash|zsh|fish", type=Choice(("bash", "zsh", "fish")))
def completion(shell: str) -> None:
    """Print a script that lets a shell complete commands, run folders, presets, criteria, networks and --set keys."""
    from click.shell_completion import get_completion_class

    from prunebench.cli import COMPLETES, cli
    from prunebench.cli.whole_words import use_whole_words

    use_whole_words()
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(cli, {}, "prunebench", COMPLETES).source(), nl=False)
