#!/usr/bin/env python3
"""Draws docs/architecture.svg from CONTRIBUTING.md's tables and the source tree.

The test `arrows` holds the tables against the code, so the drawing shows what is there. `--check` fails if
the committed drawing is out of date.
"""

import html
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUT = ROOT / "docs/architecture.svg"
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
WIDTH, MARGIN, GAP_X, GAP_Y, LINE = 1160, 24, 26, 46, 16
# How wide a character is, at 12 and at 14 pixels.
NARROW, WIDE = 6.6, 8.8


def rows(heading):
    """The cells of the table whose first heading is this."""
    lines = iter(PAGE.splitlines())
    for line in lines:
        if line.startswith(f"| {heading} |"):
            break
    next(lines, None)
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


def quoted(cell):
    return [word.rstrip("/") for word in cell.split("`")[1::2]]


def modules_of(crate, cell):
    """What belongs to a room: its modules, and what is in its folders."""
    for word in cell.split("`")[1::2]:
        yield word
        folder = ROOT / crate / "src" / word.rstrip("/")
        if word.endswith("/"):
            yield from sorted(path.stem for path in folder.glob("*.rs") if path.stem != "tests")


def wrapped(words, width):
    """Words in lines of at most so many characters."""
    lines = []
    for word in words:
        if lines and len(lines[-1]) + len(word) < width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines


def depths(arrows):
    """How far each node stands below those that nothing imports."""
    importers = {node: [one for one in arrows if node in arrows[one]] for node in arrows}
    depth = {}

    def of(node):
        if node not in depth:
            depth[node] = 1 + max((of(one) for one in importers[node]), default=-1)
        return depth[node]

    for node in sorted(arrows, key=of, reverse=True):
        # As low as what it imports allows, so that few arrows pass a row.
        if arrows[node]:
            depth[node] = min(depth[to] for to in arrows[node]) - 1
    return depth


def reduced(arrows):
    """The arrows without those that follow from others."""

    def reach(node):
        return {there for to in arrows[node] for there in {to} | reach(to)}

    return {
        node: [to for to in tos if not any(to in reach(other) for other in tos if other != to)]
        for node, tos in arrows.items()
    }


class Drawing:
    def __init__(self):
        self.behind, self.shapes, self.bottom, self.row_ends = [], [], MARGIN, {}

    def text(self, x, y, text, style):
        self.shapes.append(f'<text x="{x:.0f}" y="{y:.0f}" class="{style}">{html.escape(text)}</text>')

    def title(self, text):
        self.bottom += 22
        self.text(MARGIN, self.bottom, text, "title")
        self.bottom += 16

    def graph(self, nodes, arrows, style):
        """Boxes in rows, those that import the most on top, and the arrows behind them."""
        depth, places, shown, self.row_ends = depths(arrows), {}, reduced(arrows), {}

        def middle_of_importers(node):
            above = [places[one] for one in places if node in shown[one]]
            return sum(x + width / 2 for x, _, width, _ in above) / len(above) if above else WIDTH / 2

        for level in range(max(depth.values()) + 1):
            row = [node for node in nodes if depth[node] == level]
            row.sort(key=middle_of_importers)
            boxes = []
            for node in row:
                lines = nodes[node]
                longest = max([len(node) * WIDE] + [len(line) * NARROW for line in lines])
                boxes.append((node, lines, longest + 24, 30 + LINE * len(lines)))
            total = sum(box[2] for box in boxes) + GAP_X * (len(boxes) - 1)
            x, tallest = (WIDTH - total) / 2, max(box[3] for box in boxes)
            for node, lines, width, tall in boxes:
                places[node] = (x, self.bottom, width, tall)
                self.shapes.append(
                    f'<rect x="{x:.0f}" y="{self.bottom}" width="{width:.0f}" height="{tall}" '
                    f'rx="6" class="{style}"/>'
                )
                self.text(x + 12, self.bottom + 21, node, "name")
                for number, line in enumerate(lines):
                    self.text(x + 12, self.bottom + 39 + LINE * number, line, "what")
                x += width + GAP_X
            self.row_ends[level] = self.bottom + tallest
            self.bottom += tallest + GAP_Y
        self.bottom -= GAP_Y - 20
        incoming = {}
        for node, tos in shown.items():
            for to in tos:
                incoming.setdefault(to, []).append(node)
        for node, tos in shown.items():
            x, y, width, tall = places[node]
            tos = sorted(tos, key=lambda to: places[to][0])
            for number, to in enumerate(tos):
                to_x, to_y, to_width, _ = places[to]
                froms = sorted(incoming[to], key=lambda one: places[one][0])
                begin = x + width * (number + 1) / (len(tos) + 1)
                end = to_x + to_width * (froms.index(node) + 1) / (len(froms) + 1)
                # All the bend is in the gap below the box: the rest may pass a row.
                begin_y, end_y = y + tall, min(self.row_ends[depth[node]] + GAP_Y, to_y) - 12
                middle = (begin_y + end_y) / 2
                self.behind.append(
                    f'<path d="M{begin:.0f} {begin_y} C{begin:.0f} {middle:.0f} {end:.0f} {middle:.0f} '
                    f'{end:.0f} {end_y:.0f} V{to_y - 7}" class="arrow" marker-end="url(#head)"/>'
                )

    def svg(self):
        height = self.bottom + MARGIN
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
                f'width="{WIDTH}" height="{height:.0f}" role="img" aria-label="Crates and rooms">',
                "<style>text{font-family:system-ui,sans-serif;fill:#1d2733}"
                ".title{font-size:17px;font-weight:600}.name{font-size:14px;font-weight:600}"
                ".what{font-size:12px;fill:#4a5866}.crate{fill:#e8f0fa;stroke:#5b7fa8}"
                ".room{fill:#f2f6ec;stroke:#7d9a5a}.arrow{fill:none;stroke:#6b7785;stroke-width:1.3}"
                "</style>",
                '<defs><marker id="head" viewBox="0 0 8 8" refX="2" refY="4" markerWidth="7" '
                'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#6b7785"/></marker></defs>',
                f'<rect width="{WIDTH}" height="{height:.0f}" fill="#ffffff"/>',
                *self.behind,
                *self.shapes,
                "</svg>\n",
            ]
        )


def main():
    drawing = Drawing()
    nodes, arrows = {}, {}
    table = [(quoted(row[0])[0], row[1], row[2]) for row in rows("room | what is in it | imports of ours")]
    crates = [name for name, _, _ in table if (ROOT / name / "src").is_dir() and name != "src"]
    for name, what, imports in table:
        if name not in ["src", *crates]:
            continue
        label = "wirebond (src)" if name == "src" else name
        nodes[label] = wrapped(what.replace("`", "").split(), 34)
        arrows[label] = crates if imports == "all" else quoted(imports)
    drawing.title("Crates: an arrow points to what is imported")
    drawing.graph(nodes, arrows, "crate")
    for name in ("client", "connection"):
        table = list(rows(f"room of `{name}`"))
        if not table:
            continue
        nodes = {row[0]: wrapped(modules_of(name, row[1]), 44) for row in table}
        arrows = {row[0]: [word.strip() for word in row[2].split(",") if word.strip()] for row in table}
        drawing.title(f"Rooms of {name}/src")
        drawing.graph(nodes, arrows, "room")
    svg = drawing.svg()
    if "--check" in sys.argv:
        if not OUT.exists() or OUT.read_text() != svg:
            sys.exit("docs/architecture.svg is out of date: run `python3 docs/architecture.py`")
    else:
        OUT.write_text(svg)


main()
