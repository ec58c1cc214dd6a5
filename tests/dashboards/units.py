"""Values as Grafana writes them, for the units that the dashboards use, and the colours of its palette."""

DARK = {"page": "#111217", "panel": "#181b1f", "line": "#2b2e34", "text": "#ccccdc", "weak": "#8e8e99", "track": "#26292f"}
LIGHT = {"page": "#f4f5f5", "panel": "#ffffff", "line": "#e0e1e5", "text": "#24292e", "weak": "#6e7178", "track": "#e7e8ec"}
PALETTE = ["#7EB26D", "#EAB839", "#6ED0E0", "#EF843C", "#E24D42", "#1F78C1", "#BA43A9", "#705DA0", "#508642", "#CCA300",
           "#447EBC", "#C15C17", "#890F02", "#5195CE", "#D683CE", "#806EB7"]
NAMED = {"green": "#73BF69", "yellow": "#F2CC0C", "orange": "#FF9830", "red": "#F2495C", "blue": "#5794F2",
         "purple": "#B877D9"}


def colour(name, theme):
    return theme["text"] if name == "text" else NAMED.get(name, name)


def scaled(value, base, names):
    size, index = abs(value), 0
    while size >= base and index < len(names) - 1:
        size, index = size / base, index + 1
    return f"{'-' if value < 0 else ''}{size:.{0 if index == 0 or size >= 100 else 1}f} {names[index]}"


def duration(seconds):
    for size, name in ((86400, "days"), (3600, "hours"), (60, "min")):
        if abs(seconds) >= size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.1f} s" if abs(seconds) >= 1 else f"{seconds * 1000:.0f} ms"


def number(value, decimals):
    if decimals is not None:
        return f"{value + 0.0:.{decimals}f}".replace("-0", "0") if abs(value) < 0.5 * 10 ** -decimals else f"{value:.{decimals}f}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def written(value, unit, decimals=None):
    if value is None or value != value:
        return "–"
    if unit == "percentunit":
        return f"{value * 100:.{decimals if decimals is not None else (0 if abs(value) >= 0.1 else 1)}f} %"
    if unit == "bytes":
        return scaled(value, 1024, ["B", "KiB", "MiB", "GiB", "TiB"])
    if unit == "Bps":
        return scaled(value, 1000, ["B/s", "kB/s", "MB/s", "GB/s"])
    if unit == "s":
        return f"{number(value, decimals)} s" if decimals is not None and abs(value) < 60 else duration(value)
    suffix = unit.removeprefix("suffix:") if unit.startswith("suffix:") else ""
    return number(value, decimals) + suffix


def by_thresholds(value, thresholds, theme):
    found = thresholds["steps"][0]["color"]
    for step in thresholds["steps"][1:]:
        if value is not None and value >= step["value"]:
            found = step["color"]
    return colour(found, theme)


def green_to_red(share):
    """Grafana's continuous-GrYlRd at 0..1."""
    points = [(0x73, 0xBF, 0x69), (0xF2, 0xCC, 0x0C), (0xF2, 0x49, 0x5C)]
    place = max(0.0, min(1.0, share)) * 2
    low = min(int(place), 1)
    return "#" + "".join(f"{round(a + (b - a) * (place - low)):02x}" for a, b in zip(points[low], points[low + 1]))
