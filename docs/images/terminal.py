#!/usr/bin/env python3
"""Draws terminal.svg from what the program really prints: python3 docs/images/terminal.py target/release/phonelm

Plays the lines below in a pseudo-terminal, reads the screen, and writes it as text in an SVG. Linux and macOS.
"""

import html
import os
import pty
import sys
from pathlib import Path

COMMAND = "phonelm run"
LINES = [
    "Hi, who are you?",
    "Wake me at 7 tomorrow",
    "Set a timer for 5 minutes",
    "Text Anna that I'm late",
    "What is 12 plus 30?",
]
WIDTH, LINE, MARGIN, BAR = 760, 22, 20, 36
COLOURS = {"command": "#e6edf3", "user": "#79c0ff", "call": "#7ee787", "text": "#c9d1d9"}


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else "target/release/phonelm"
    shown = [("command", f"$ {COMMAND}")] + play(program)
    Path(__file__).with_name("terminal.svg").write_text(svg(shown), encoding="utf-8")
    print("\n".join(text for _, text in shown))


def play(program):
    """The lines of the chat as (kind, text)."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "dumb"
        os.execv(program, ["phonelm", "run"])
    shown = [("text", line) for line in until_prompt(terminal)]
    for line in LINES:
        os.write(terminal, line.encode() + b"\n")
        echo, *answer = until_prompt(terminal)
        assert echo == line, echo
        shown.append(("user", f"> {line}"))
        shown += [("call" if text.startswith("→") else "text", text) for text in answer]
    os.write(terminal, b"/quit\n")
    os.waitpid(pid, 0)
    return shown


def until_prompt(terminal):
    """Lines printed before the next prompt."""
    seen = b""
    while not (b"\n" + seen).endswith(b"\n> "):
        seen += os.read(terminal, 65536)
    return seen.decode().removesuffix("> ").splitlines()


def svg(shown):
    height = BAR + 2 * MARGIN + LINE * len(shown) - 6
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img"'
        ' aria-label="A chat with phonelm-tiny in a terminal">',
        f'<rect width="{WIDTH}" height="{height}" rx="10" fill="#0d1117"/>',
    ]
    for i, colour in enumerate(["#ff5f57", "#febc2e", "#28c840"]):
        out.append(f'<circle cx="{MARGIN + 18 * i}" cy="22" r="6" fill="{colour}"/>')
    font = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
    out.append(f'<g font-family="{font}" font-size="14" xml:space="preserve">')
    for i, (kind, text) in enumerate(shown):
        y = BAR + MARGIN + LINE * i + 6
        out.append(f'<text x="{MARGIN - 6}" y="{y}" fill="{COLOURS[kind]}">{html.escape(text)}</text>')
    out += ["</g>", "</svg>", ""]
    return "\n".join(out)


if __name__ == "__main__":
    main()
