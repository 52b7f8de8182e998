"""One file per command: parse options, call one function of the core, render. The only room that knows Typer.

`main.COMMANDS` is the list of commands; `command.Command` is the class each of them is made with.
"""
