"""Draws a dashboard as one HTML page with SVG, from its JSON and Prometheus's answers.

Not Grafana: Grafana was not available where this runs. It draws what the JSON says (places, queries, units, thresholds,
colours, mappings, transformations "merge" and "organize") for the kinds of panels that the dashboards use, and refuses
any other, so that a picture cannot show less than the dashboard has without notice.
"""

import html
import math
import re
import time

from dashboard import filled
from units import DARK, LIGHT, PALETTE, by_thresholds, colour, green_to_red, written

ROW, GAP = 36, 8  # a unit of gridPos.h, and the space between panels, in pixels


class Source:
    """Prometheus's answers about the time from `start` to `end`. `ask(path, parameters)` returns its `data.result`."""

    def __init__(self, ask, variables, start, end):
        self.ask, self.variables, self.start, self.end = ask, variables, start, end
        self.step = max(1, (end - start) / 240)

    def now(self, expression):
        return self.ask("query", {"query": filled(expression, self.variables), "time": self.end})

    def over_time(self, expression, step=None):
        return self.ask("query_range", {"query": filled(expression, self.variables), "start": self.start, "end": self.end,
                                        "step": step or self.step})


def escaped(text):
    return html.escape(str(text))


def legend(target, metric):
    return re.sub(r"{{\s*(\w+)\s*}}", lambda m: metric.get(m.group(1), ""), target["legendFormat"])


def mapped(value, mappings):
    """(text, colour name) of a value mapping, or None."""
    for mapping in mappings or []:
        key = str(int(value)) if isinstance(value, float) and value == int(value) else str(value)
        if key in mapping["options"]:
            return mapping["options"][key]["text"], mapping["options"][key].get("color")
    return None


class Series:
    def __init__(self, name, points):
        self.name = name
        self.points = [(at, value) for at, value in points if not math.isnan(value)]

    @property
    def last(self):
        return self.points[-1][1] if self.points else None


def read(panel, source, step=None):
    found = []
    for target in panel["targets"]:
        if target.get("instant"):
            found += [Series(legend(target, one["metric"]), [(one["value"][0], float(one["value"][1]))])
                      for one in source.now(target["expr"])]
        else:
            found += [Series(legend(target, one["metric"]), [(at, float(value)) for at, value in one["values"]])
                      for one in source.over_time(target["expr"], step)]
    return found


def field(panel, name):
    """The field options of one series or column: the defaults with what matching overrides change."""
    options = {key: value for key, value in panel["fieldConfig"]["defaults"].items() if key != "custom"}
    options.update({f"custom.{key}": value for key, value in panel["fieldConfig"]["defaults"].get("custom", {}).items()})
    for override in panel["fieldConfig"]["overrides"]:
        matcher = override["matcher"]
        if matcher["id"] == "byName" and matcher["options"] != name:
            continue
        if matcher["id"] == "byRegexp" and not re.fullmatch(matcher["options"], name):
            continue
        options.update({entry["id"]: entry["value"] for entry in override["properties"]})
    return options


def marked(board, source):
    """[(time, colour)] of the dashboard's own annotations: where each series begins."""
    found = []
    for annotation in board["annotations"]["list"]:
        if not annotation.get("builtIn"):
            found += [(float(one["values"][0][0]), annotation["iconColor"]) for one in source.over_time(annotation["expr"])]
    return found


class Drawing:
    def __init__(self, source, theme, marks):
        self.source, self.theme, self.marks = source, theme, marks

    def panel(self, panel, width, height):
        kinds = {"stat": self.stat, "timeseries": self.lines, "bargauge": self.bars, "status-history": self.heat,
                 "state-timeline": self.states, "table": self.table}
        return kinds[panel["type"]](panel, width, height - 34)

    # ---- stat ----
    def stat(self, panel, width, height):
        options, shown = panel["fieldConfig"]["defaults"], []
        found = read(panel, self.source)
        for series in [one for one in found if one.points and one.points[-1][0] >= self.source.end - 2 * self.source.step - 15]:
            text, name = written(series.last, options["unit"], options.get("decimals")), None
            mapping = mapped(series.last, options.get("mappings"))
            if mapping:
                text, name = mapping
            if panel["options"]["textMode"] == "name":
                text = series.name
            ink = colour(name, self.theme) if name else by_thresholds(series.last, options["thresholds"], self.theme)
            shown.append((series, text, ink))
        if not shown:
            return self.empty()
        cells = []
        for series, text, ink in shown:
            size = min(34, 1.75 * width / len(shown) / max(4, len(text)))
            caption = f"<small>{escaped(series.name)}</small>" if len(shown) > 1 else ""
            cells.append(f'<div><b style="color:{ink};font-size:{size:.0f}px">{escaped(text)}</b>{caption}</div>')
        area = ""
        if panel["options"]["graphMode"] == "area" and len(shown[0][0].points) > 1:
            area = self.spark(shown[0][0].points, shown[0][2], width, height)
        return f'<div class="stat">{area}{"".join(cells)}</div>'

    def spark(self, points, ink, width, height):
        low, high = min(v for _, v in points), max(v for _, v in points)
        path = " ".join(f"{(at - self.source.start) / (self.source.end - self.source.start) * width:.1f},"
                        f"{height - (value - low) / ((high - low) or 1) * height * 0.35 - 2:.1f}" for at, value in points)
        first = f"{(points[0][0] - self.source.start) / (self.source.end - self.source.start) * width:.1f}"
        return (f'<svg class="spark" width="{width}" height="{height}"><polygon points="{first},{height} {path} {width},{height}" '
                f'fill="{ink}" opacity="0.18"/><polyline points="{path}" fill="none" stroke="{ink}" stroke-width="1"/></svg>')

    # ---- timeseries ----
    def lines(self, panel, width, height):
        found = [series for series in read(panel, self.source) if series.points]
        if not found:
            return self.empty()
        defaults = panel["fieldConfig"]["defaults"]
        drawn, total = [], {}
        for index, series in enumerate(found):
            own = field(panel, series.name)
            ink = PALETTE[index % len(PALETTE)]
            if own.get("color", {}).get("mode") == "fixed":
                ink = colour(own["color"]["fixedColor"], self.theme)
            points = series.points
            if own.get("custom.transform") == "negative-Y":
                points = [(at, -value) for at, value in points]
            base = None
            if own["custom.stacking"]["mode"] == "normal":
                base = [(at, total.get(at, 0.0)) for at, _ in points]
                points = [(at, value + total.get(at, 0.0)) for at, value in points]
                total.update(points)
            drawn.append((series.name, own, ink, points, base))
        values = [value for *_, points, _ in drawn for _, value in points]
        low, high = defaults.get("min", min(values)), defaults.get("max", max(values))
        low, high, ticks = nice_ticks(low, max(high, low + 1e-9) if "max" in defaults else high + (high - low) * 0.05, "max" in defaults,
                                      defaults["unit"], defaults.get("decimals"))
        labels = [written(tick, defaults["unit"], defaults.get("decimals")) for tick in ticks]
        left = 12 + 6.4 * max(len(label) for label in labels)
        keys = "".join(f'<span><i style="background:{ink}"></i>{escaped(name)}</span>' for name, _, ink, *_ in drawn)
        lines_of_keys = self.lines_of_legend([name for name, *_ in drawn], width)
        plot_width, plot_height = width - left - 10, height - 26 - 17 * lines_of_keys
        x = lambda at: left + (at - self.source.start) / (self.source.end - self.source.start) * plot_width  # noqa: E731
        y = lambda value: 6 + (high - max(low, min(high, value))) / (high - low) * plot_height  # noqa: E731
        parts = []
        for tick, label in zip(ticks, labels):
            parts.append(f'<line x1="{left}" x2="{width - 10}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" stroke="{self.theme["line"]}"/>'
                         f'<text x="{left - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{escaped(label)}</text>')
        parts += self.time_axis(x, 6 + plot_height + 15, width)
        for at, name in self.marks:
            parts.append(f'<line x1="{x(at):.1f}" x2="{x(at):.1f}" y1="6" y2="{6 + plot_height:.1f}" '
                         f'stroke="{colour(name, self.theme)}" stroke-width="1.5" stroke-dasharray="3 3"/>')
        for _, own, ink, points, base in drawn:
            path = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in points)
            fill = own["custom.fillOpacity"] / 100
            if fill:
                under = base or [(at, max(low, min(high, 0))) for at, _ in points]
                back = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in reversed(under))
                parts.append(f'<polygon points="{path} {back}" fill="{ink}" opacity="{fill:.2f}"/>')
            dash = ' stroke-dasharray="6 6"' if own.get("custom.lineStyle", {}).get("fill") == "dash" else ""
            parts.append(f'<polyline points="{path}" fill="none" stroke="{ink}" stroke-width="{own["custom.lineWidth"]}"{dash}/>')
        return (f'<svg width="{width}" height="{plot_height + 26:.0f}">{"".join(parts)}</svg>'
                f'<div class="keys">{keys}</div>')

    @staticmethod
    def lines_of_legend(names, width):
        lines, used = 1, 0.0
        for name in names:
            need = 26 + 6.3 * len(name)
            if used + need > width - 16:
                lines, used = lines + 1, 0.0
            used += need
        return min(lines, 3)

    def time_axis(self, x, y, width):
        span = self.source.end - self.source.start
        step = next(s for s in (15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400) if span / s <= max(2, width / 110))
        at, form, parts = math.ceil(self.source.start / step) * step, "%H:%M:%S" if step < 60 else "%H:%M", []
        while at <= self.source.end:
            if 24 < x(at) < width - 24:
                parts.append(f'<text x="{x(at):.1f}" y="{y:.1f}" text-anchor="middle">{time.strftime(form, time.gmtime(at))}</text>')
            at += step
        return parts

    # ---- bar gauge ----
    def bars(self, panel, width, height):
        found = [series for series in read(panel, self.source) if series.points]
        if not found:
            return self.empty()
        options = panel["fieldConfig"]["defaults"]
        most = options.get("max", max(series.last for series in found)) or 1
        each = min(52, (height - 8) / len(found))
        rows = []
        for series in found:
            ink = by_thresholds(series.last, options["thresholds"], self.theme)
            share = max(0, min(1, series.last / most)) * 100
            rows.append(f'<div class="bar" style="height:{each - 6:.0f}px"><span>{escaped(series.name)}</span><div class="track">'
                        f'<div style="width:{share:.1f}%;background:{ink}"></div></div>'
                        f'<b style="color:{ink}">{escaped(written(series.last, options["unit"], options.get("decimals")))}</b></div>')
        return "".join(rows)

    # ---- status history, state timeline ----
    def heat(self, panel, width, height):
        step = max(self.source.step, (self.source.end - self.source.start) / 40)
        options = panel["fieldConfig"]["defaults"]
        return self.lanes(panel, width, height, step, lambda value: (by_thresholds(value, options["thresholds"], self.theme), None))

    def states(self, panel, width, height):
        options = panel["fieldConfig"]["defaults"]

        def of(value):
            text, name = mapped(value, options["mappings"]) or (written(value, options["unit"]), None)
            return colour(name, self.theme) if name else by_thresholds(value, options["thresholds"], self.theme), text
        return self.lanes(panel, width, height, self.source.step, of)

    def lanes(self, panel, width, height, step, look):
        found = [series for series in read(panel, self.source, step) if series.points]
        if not found:
            return self.empty()
        left = 16 + 6.6 * max(len(series.name) for series in found)
        plot, each = width - left - 10, (height - 24) / len(found)
        x = lambda at: left + (at - self.source.start) / (self.source.end - self.source.start) * plot  # noqa: E731
        parts = []
        for index, series in enumerate(found):
            top = 4 + index * each
            parts.append(f'<text x="{left - 8}" y="{top + each / 2 + 4:.1f}" text-anchor="end">{escaped(series.name)}</text>')
            gap = 0 if panel["type"] == "state-timeline" else 2
            for at, end, value in spans(series.points, step, merged=not gap):
                ink, _ = look(value)
                end = min(end, self.source.end)
                if end > at:
                    parts.append(f'<rect x="{x(at):.1f}" y="{top + 2:.1f}" width="{max(1, x(end) - x(at) - gap):.1f}" '
                                 f'height="{each - 5:.1f}" fill="{ink}" opacity="0.8"/>')
            _, text = look(series.last)
            if text:
                parts.append(f'<text x="{x(series.points[0][0]) + 8:.1f}" y="{top + each / 2 + 4:.1f}" style="fill:#fff">{escaped(text)}</text>')
        parts += self.time_axis(x, height - 6, width)
        return f'<svg width="{width}" height="{height}">{"".join(parts)}</svg>'

    # ---- table ----
    def table(self, panel, width, height):
        merge, organize = panel["transformations"]
        assert (merge["id"], organize["id"]) == ("merge", "organize"), panel["title"]
        single, rows = len(panel["targets"]) == 1, {}
        for target in panel["targets"]:
            for one in self.source.now(target["expr"]):
                labels = {name: value for name, value in one["metric"].items() if name != "__name__"}
                row = rows.setdefault(tuple(sorted(labels.items())), dict(labels))
                row["Value" if single else f"Value #{target['refId']}"] = float(one["value"][1])
        options = organize["options"]
        order = sorted((name for name in options["indexByName"] if not options["excludeByName"].get(name)),
                       key=options["indexByName"].get)
        heading = {name: options["renameByName"].get(name, name) for name in order}
        ready = list(rows.values())
        for sort in panel["options"].get("sortBy", []):
            key = next(name for name in order if heading[name] == sort["displayName"])
            ready.sort(key=lambda row: row.get(key, float("-inf") if key.startswith("Value") else ""), reverse=sort["desc"])
        if not ready:
            return self.empty()
        fit = int((height - 26) / 27)
        head = "".join(f'<th{self.width_of(field(panel, heading[name]))}>{escaped(heading[name])}</th>' for name in order)
        body = "".join("<tr>" + "".join(self.cell(row.get(name), field(panel, heading[name])) for name in order) + "</tr>"
                       for row in ready[:fit])
        return f"<table><tr>{head}</tr>{body}</table>"

    @staticmethod
    def width_of(options):
        return f' style="width:{options["custom.width"]}px"' if "custom.width" in options else ""

    def cell(self, value, options):
        if value is None:
            return "<td></td>"
        mapping = mapped(value, options.get("mappings"))
        if mapping or isinstance(value, str):
            text, name = mapping or (value, None)
            ink = f' style="color:{colour(name, self.theme)}"' if name else ""
            known = " class=link" if "links" in options else ""
            return f"<td{ink}{known}>{escaped(text)}</td>"
        text = written(value, options["unit"], options.get("decimals"))
        if options.get("custom.cellOptions", {}).get("type") == "gauge":
            share = (value - options["min"]) / (options["max"] - options["min"])
            ink = green_to_red(share)
            return (f'<td><div class="gauge"><div class="track"><div style="width:{max(0, min(1, share)) * 100:.1f}%;background:{ink}"></div>'
                    f'</div><b style="color:{ink}">{escaped(text)}</b></div></td>')
        return f'<td class="right">{escaped(text)}</td>'

    @staticmethod
    def empty():
        return '<div class="empty">No data</div>'


def spans(points, step, merged):
    """(from, to, value): one a point, or one for each run of the same value without a gap."""
    found = []
    for at, value in points:
        if merged and found and found[-1][2] == value and at <= found[-1][1] + step / 2:
            found[-1][1] = at + step
        else:
            found.append([at, at + step, value])
    return found


def nice_ticks(low, high, fixed, unit="short", decimals=None):
    if high <= low:
        high = low + 1  # all values are the same
    span = high - low
    raw = span / 5
    if unit == "bytes":
        step = 2 ** max(0, math.ceil(math.log2(raw)))
    else:
        size = 10 ** math.floor(math.log10(raw))
        step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= raw)
    if decimals == 0 and unit == "none":
        step = max(1, round(step))
    first = math.floor(low / step)
    last = math.floor(high / step) if fixed else math.ceil(high / step)
    ticks = [round(index * step, 12) for index in range(first, last + 1)]
    return min(ticks[0], low), max(ticks[-1], high), ticks


def page(board, source, width=1500, light=False):
    """(HTML, height in pixels). Narrower than 768 pixels the panels stand under each other, as Grafana does it."""
    theme, narrow = (LIGHT if light else DARK), width < 768
    drawing, parts, below = Drawing(source, theme, marked(board, source)), [], 0
    column = (width - GAP) / 24
    for panel in board["panels"]:
        place = panel["gridPos"]
        if narrow:
            x, y, w = GAP, below, width - 2 * GAP
            below += place["h"] * ROW + (GAP if panel["type"] != "row" else 0)
        else:
            x, y, w = GAP + place["x"] * column, place["y"] * ROW, place["w"] * column - GAP
        h = place["h"] * ROW - GAP
        if panel["type"] == "row":
            parts.append(f'<h2 style="left:{x:.0f}px;top:{y}px">{escaped(panel["title"])}</h2>')
            continue
        inner = drawing.panel(panel, int(w) - 2, h)
        parts.append(f'<section style="left:{x:.0f}px;top:{y}px;width:{int(w)}px;height:{h}px"><h3>{escaped(panel["title"])}</h3>{inner}</section>')
    bottom = below if narrow else max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in board["panels"]) * ROW
    chosen = "  ".join(f"{name}: {value if isinstance(value, str) else ', '.join(value)}" for name, value in source.variables.items())
    style = STYLE
    for name, value in theme.items():
        style = style.replace(f"@{name}", value)
    return (f'<!DOCTYPE html><meta charset="utf-8"><style>{style}</style><body style="width:{width}px"><header><b>{escaped(board["title"])}</b>'
            f'<span>{escaped(chosen)}</span></header><main style="height:{bottom}px">{"".join(parts)}</main>'), bottom + 52


STYLE = """*{box-sizing:border-box}body{margin:0;background:@page;color:@text;font:12px Inter,Lato,"DejaVu Sans",sans-serif}
header{height:44px;padding:12px 14px;font-size:16px;white-space:nowrap;overflow:hidden}header span{margin-left:24px;color:@weak;font-size:12px}
main{position:relative}section{position:absolute;background:@panel;border:1px solid @line;border-radius:3px;overflow:hidden}
h2{position:absolute;margin:8px 2px;font-size:14px;font-weight:600}h3{margin:0;padding:8px 10px 4px;font-size:13px;font-weight:600;height:30px;white-space:nowrap}
svg{display:block}svg text{fill:@weak;font-size:11px}.keys{padding:0 10px;max-height:51px;overflow:hidden}.keys span{display:inline-block;margin-right:14px;line-height:17px;white-space:nowrap}
.keys i{display:inline-block;width:12px;height:3px;margin-right:5px;vertical-align:middle}.stat{position:relative;display:flex;height:calc(100% - 34px);align-items:center;justify-content:space-evenly;text-align:center}
.stat small{display:block;color:@weak;font-size:12px}.stat .spark{position:absolute;left:0;top:0}.empty{color:@weak;text-align:center;padding-top:20px}
table{border-collapse:collapse;width:100%;table-layout:fixed}th{color:@link;text-align:left;font-weight:600}td,th{padding:0 8px;height:27px;border-bottom:1px solid @line;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.link{color:#6e9fff}.right{text-align:left}.gauge,.bar{display:flex;align-items:center}.gauge .track{height:14px}.track{flex:1;background:@track;height:100%}.track div{height:100%}
.gauge b{width:52px;text-align:right;font-weight:600}.bar{margin:0 10px 6px}.bar span{width:110px;overflow:hidden;white-space:nowrap}.bar b{width:74px;text-align:right;font-size:14px}""".replace("@link", "#6e9fff")
