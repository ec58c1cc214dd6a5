"""Grafana's dashboard JSON in few words: a board with variables and links, and the kinds of panels that are used here.

A board lays its panels from left to right and begins a new line when 24 columns are full. Written for Grafana 11 and
later (schemaVersion 41); what it makes is checked by tests/dashboards.
"""

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
GREEN_TO_RED = {"mode": "continuous-GrYlRd"}


def steps(*pairs):
    """(color, from) …; the first has no lower end."""
    return {"mode": "absolute", "steps": [{"color": color, "value": value} for color, value in pairs]}


# Shares of a limit: from 90 % on it is worth a look, above 100 % it is over.
OF_LIMIT = steps(("green", None), ("yellow", 0.9), ("red", 1))
SHARE = steps(("green", None), ("yellow", 0.7), ("orange", 0.85), ("red", 0.95))
ANY_IS_BAD = steps(("green", None), ("orange", 1))
PLAIN = steps(("blue", None))


def query(expression, legend="", **more):
    return {"expr": expression, "legendFormat": legend, **more}


def override(name, **properties):
    """Of the field (column, series) with this name; `custom__x` stands for custom.x."""
    return {"matcher": {"id": "byName", "options": name}, "properties": _properties(properties)}


def override_matching(pattern, **properties):
    return {"matcher": {"id": "byRegexp", "options": pattern}, "properties": _properties(properties)}


def _properties(given):
    return [{"id": key.replace("__", "."), "value": value} for key, value in given.items()]


DASHED = {"fill": "dash", "dash": [6, 6]}


def dashed(pattern, color=None):
    more = {"color": {"mode": "fixed", "fixedColor": color}} if color else {}
    return override_matching(pattern, custom__lineStyle=DASHED, custom__lineWidth=1, custom__fillOpacity=0,
                             custom__stacking={"group": "A", "mode": "none"}, **more)


def to_text(mapping):
    """Value mappings: value → text, or value → (text, color)."""
    options = {}
    for index, (value, shown) in enumerate(mapping.items()):
        text, color = shown if isinstance(shown, tuple) else (shown, None)
        options[str(value)] = {"text": text, "index": index, **({"color": color} if color else {})}
    return [{"type": "value", "options": options}]


def link_to(board, title, **variables):
    """A data link to another of our boards; keeps data source, cluster and time."""
    rest = "".join(f"&var-{name}={value}" for name, value in variables.items())
    return [{"title": title, "url": f"/d/balancer-{board}?${{datasource:queryparam}}&${{cluster:queryparam}}{rest}"
                                    "&${__url_time_range}"}]


class Board:
    def __init__(self, name, title, description, *, variables=(), span="3h", host=True, annotations=()):
        self.panels, self.row_height, self.x, self.y = [], 0, 0, 0
        self.json = {
            "uid": f"balancer-{name}", "title": f"Proxmox Cluster Balancer: {title}", "description": description,
            "tags": ["proxmox", "balancer"], "schemaVersion": 41, "version": 1, "editable": True, "graphTooltip": 1,
            "timezone": "browser", "refresh": "30s", "time": {"from": f"now-{span}", "to": "now"},
            "annotations": {"list": [
                {"builtIn": 1, "datasource": {"type": "grafana", "uid": "-- Grafana --"}, "enable": True, "hide": True,
                 "iconColor": "rgba(0, 211, 255, 1)", "name": "Annotations & Alerts", "type": "dashboard"}, *annotations]},
            "links": [{"type": "dashboards", "title": "Balancer", "tags": ["balancer"], "asDropdown": True,
                       "includeVars": True, "keepTime": True, "targetBlank": False, "icon": "external link",
                       "tooltip": "The other dashboards, with the same cluster and time", "url": ""}],
            "templating": {"list": [DATASOURCE_VARIABLE, CLUSTER_VARIABLE,
                                    HOSTS_VARIABLE if host == "many" else HOST_VARIABLE, *variables]},
            "panels": self.panels,
        }

    def row(self, title):
        self._new_line()
        self._add({"type": "row", "title": title, "collapsed": False, "panels": []}, 24, 1)

    def stat(self, title, description, queries, *, w=4, h=4, unit="none", thresholds=PLAIN, mappings=None, decimals=None,
             graph=False, text="auto"):
        defaults = {"unit": unit, "thresholds": thresholds, "color": {"mode": "thresholds"}}
        if mappings:
            defaults["mappings"] = mappings
        if decimals is not None:
            defaults["decimals"] = decimals
        self._panel("stat", title, description, queries, w, h, defaults, [], {
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "colorMode": "value",
            "graphMode": "area" if graph else "none", "textMode": text, "justifyMode": "auto", "orientation": "auto",
            "wideLayout": True, "showPercentChange": False, "percentChangeColorMode": "standard"})

    def lines(self, title, description, queries, *, w=12, h=8, unit="percentunit", stacked=False, low=0, high=None,
              overrides=(), fill=None, decimals=None):
        defaults = {"unit": unit, "color": {"mode": "palette-classic"}, "custom": {
            "drawStyle": "line", "lineInterpolation": "linear", "lineWidth": 1 if stacked else 2,
            "fillOpacity": fill if fill is not None else (60 if stacked else 8), "showPoints": "never", "spanNulls": False,
            "stacking": {"group": "A", "mode": "normal" if stacked else "none"}}}
        if low is not None:
            defaults["min"] = low
        if high is not None:
            defaults["max"] = high
        if decimals is not None:
            defaults["decimals"] = decimals
        self._panel("timeseries", title, description, queries, w, h, defaults, list(overrides), {
            "legend": {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []},
            "tooltip": {"mode": "multi", "sort": "desc"}})

    def bars(self, title, description, queries, *, w=8, h=8, unit="percentunit", thresholds=OF_LIMIT, low=0, high=1):
        defaults = {"unit": unit, "min": low, "thresholds": thresholds, "color": {"mode": "thresholds"}}
        if high is not None:
            defaults["max"] = high
        self._panel("bargauge", title, description, [dict(q, instant=True) for q in queries], w, h, defaults, [], {
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "orientation": "horizontal",
            "displayMode": "basic", "valueMode": "color", "showUnfilled": True, "namePlacement": "auto", "sizing": "auto",
            "minVizWidth": 8, "minVizHeight": 16, "maxVizHeight": 60,
            "legend": {"showLegend": False, "displayMode": "list", "placement": "bottom", "calcs": []}})

    def heat(self, title, description, queries, *, w=12, h=7, unit="percentunit", thresholds=OF_LIMIT):
        defaults = {"unit": unit, "decimals": 0, "thresholds": thresholds, "color": {"mode": "thresholds"},
                    "custom": {"fillOpacity": 80, "lineWidth": 1}}
        self._panel("status-history", title, description, [dict(q, interval="1m") for q in queries], w, h, defaults, [], {
            "showValue": "never", "rowHeight": 0.9, "colWidth": 1,
            "legend": {"showLegend": False, "displayMode": "list", "placement": "bottom", "calcs": []},
            "tooltip": {"mode": "single", "sort": "none"}})

    def states(self, title, description, queries, *, w=12, h=6, mappings, unit="none"):
        defaults = {"unit": unit, "color": {"mode": "thresholds"}, "thresholds": PLAIN, "mappings": mappings,
                    "custom": {"fillOpacity": 80, "lineWidth": 0}}
        self._panel("state-timeline", title, description, queries, w, h, defaults, [], {
            "showValue": "auto", "mergeValues": True, "alignValue": "left", "rowHeight": 0.9,
            "legend": {"showLegend": False, "displayMode": "list", "placement": "bottom", "calcs": []},
            "tooltip": {"mode": "single", "sort": "none"}})

    def table(self, title, description, columns, *, labels, w=24, h=8, sort=None, hide=()):
        """columns: (name, expression, properties of override()); all expressions have exactly the labels `labels`
        (name → (heading, properties)) and those in `hide`, so that the rows of all columns meet."""
        queries, rename, order, overrides = [], {}, {}, []
        excluded = {name: True for name in ("Time", *hide)}
        for label, (heading, properties) in labels.items():
            order[label] = len(order)
            if heading != label:
                rename[label] = heading
            if properties:
                overrides.append(override(heading, **properties))
        for index, (name, expression, properties) in enumerate(columns):
            reference = chr(ord("A") + index)
            value = f"Value #{reference}" if len(columns) > 1 else "Value"
            queries.append(query(expression, instant=True, range=False, format="table"))
            order[value] = len(order)
            if name is None:
                excluded[value] = True
                continue
            rename[value] = name
            overrides.append(override(name, **properties))
        defaults = {"custom": {"align": "auto", "filterable": False, "inspect": False, "cellOptions": {"type": "auto"}}}
        options = {"showHeader": True, "cellHeight": "sm", "frameIndex": 0}
        if sort:
            options["sortBy"] = [{"displayName": sort, "desc": True}]
        self._panel("table", title, description, queries, w, h, defaults, overrides, options, [
            {"id": "merge", "options": {}},
            {"id": "organize", "options": {"excludeByName": excluded, "renameByName": rename, "indexByName": order}}])

    def _panel(self, kind, title, description, queries, w, h, defaults, overrides, options, transformations=None):
        targets = []
        for index, given in enumerate(queries):
            target = {"refId": chr(ord("A") + index), "datasource": DATASOURCE, "editorMode": "code"}
            targets.append({**target, "range": not given.get("instant", False), "instant": False, **given})
        panel = {"type": kind, "title": title, "description": description, "datasource": DATASOURCE, "targets": targets,
                 "fieldConfig": {"defaults": defaults, "overrides": overrides}, "options": options}
        if transformations:
            panel["transformations"] = transformations
        self._add(panel, w, h)

    def _add(self, panel, w, h):
        if self.x + w > 24:
            self._new_line()
        self.panels.append({"id": len(self.panels) + 1, **panel, "gridPos": {"x": self.x, "y": self.y, "w": w, "h": h}})
        self.x += w
        self.row_height = max(self.row_height, h)
        if self.x == 24:
            self._new_line()

    def _new_line(self):
        self.x, self.y, self.row_height = 0, self.y + self.row_height, 0


def variable(name, label, text, *, regex="", many=False):
    made = {"name": name, "label": label, "type": "query", "datasource": DATASOURCE,
            "query": {"query": text, "refId": name}, "regex": regex, "refresh": 2, "sort": 1, "hide": 0,
            "multi": many, "includeAll": many, "options": []}
    if many:
        made["current"] = {"text": ["All"], "value": ["$__all"]}
    return made


DATASOURCE_VARIABLE = {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus",
                       "regex": "", "hide": 0, "refresh": 1, "options": [], "multi": False, "includeAll": False}
CLUSTER_VARIABLE = variable("cluster", "Cluster", "label_values(id:balancer_up, cluster)")
HOST_NAMES = 'label_values(id:balancer_up{cluster="$cluster", id=~"node/.+"}, id)'
HOST_VARIABLE = variable("host", "Host", HOST_NAMES, regex="/node\\/(.+)/")
HOSTS_VARIABLE = variable("host", "Host", HOST_NAMES, regex="/node\\/(.+)/", many=True)
