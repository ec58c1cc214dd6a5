"""The picture of how a cycle grows with hosts and guests: an SVG with both axes logarithmic, in plain text."""

import math

WIDTH, HEIGHT = 720, 380
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 44, 54
GAP = 70
COLOURS = ("#2f6f9f", "#c2542d", "#4a7c3a", "#7d4f9e")


def _position(value, low, high, start, end):
    return start + (math.log(value) - math.log(low)) / (math.log(high) - math.log(low)) * (end - start)


def _decades(values):
    low = 10 ** math.floor(math.log10(min(values)))
    high = 10 ** math.ceil(math.log10(max(values)))
    return low, max(high, low * 10)


def _chart(points, column, title, left, right):
    """One line for each number of guests; `column` of a point against its hosts."""
    hosts = sorted({point[0] for point in points})
    low, high = _decades([point[column] for point in points])
    bottom = HEIGHT - BOTTOM
    parts = [f'<text x="{left}" y="{TOP - 16}" class="title">{title}</text>']
    value = low
    while value <= high:
        y = _position(value, low, high, bottom, TOP)
        parts.append(f'<line x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" class="grid"/>'
                     f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
        value *= 10
    span = (hosts[0] / 1.3, hosts[-1] * 1.3)
    for count in hosts:
        parts.append(f'<text x="{_position(count, *span, left, right):.1f}" y="{bottom + 18}" text-anchor="middle">'
                     f'{count}</text>')
    parts.append(f'<text x="{(left + right) / 2:.1f}" y="{bottom + 38}" text-anchor="middle">hosts</text>')
    for place, guests in enumerate(sorted({point[1] for point in points})):
        line = [(_position(point[0], *span, left, right), _position(point[column], low, high, bottom, TOP))
                for point in points if point[1] == guests]
        colour = COLOURS[place % len(COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in line]
        x, y = line[-1]
        parts.append(f'<text x="{x - 6:.1f}" y="{y - 8:.1f}" text-anchor="end" fill="{colour}">{guests} guests</text>')
    return parts


def draw(points):
    """points: (hosts, guests a host, wall ms, client CPU ms)."""
    middle = LEFT + (WIDTH - LEFT - RIGHT - GAP) / 2
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
             'aria-label="How one cycle grows with hosts and guests">',
             "<style>text{font:12px sans-serif;fill:#444}.title{font-weight:bold;fill:#222}"
             ".grid{stroke:#ddd;stroke-width:1}</style>",
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
             *_chart(points, 2, "Wall time of one cycle, ms", LEFT, middle),
             *_chart(points, 3, "CPU of the exporter, ms a cycle", middle + GAP, WIDTH - RIGHT), "</svg>"]
    return "\n".join(parts) + "\n"
