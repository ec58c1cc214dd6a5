"""Balancer: what it suggests and does, what holds it back, why guests cannot move, and how it is itself."""

from grafana import ANY_IS_BAD, DATASOURCE, OF_LIMIT, Board, link_to, query, steps, to_text
from promql import CLUSTER, EVALUATOR, EXPORTER, HOSTS, one
from meanings import BLOCKERS, CURES, REJECTED

# A move's series lives for 24 hours; it is new while it was not there two minutes ago.
MOVES = {"name": "Moves", "enable": True, "hide": False, "iconColor": "purple", "datasource": DATASOURCE,
         "expr": f"balancer_move_info{{{EVALUATOR}}} unless balancer_move_info{{{EVALUATOR}}} offset 2m", "step": "60s",
         "titleFormat": "{{id}} moved", "textFormat": "{{from}} → {{to}}", "tagKeys": "id,from,to"}

HELD = (f'max by (reason) (balancer_hold{{{EVALUATOR}}} == 1) or label_replace(max(balancer_hold{{{EVALUATOR}}}) == 0, '
        '"reason", "none", "", "")')


def board():
    b = Board("balancer", "balancer", "What the balancer suggests and does, what holds it back, why guests cannot move, and how it is "
              "itself. Moves are marked in all panels.", host="many", annotations=[MOVES])
    b.stat("Mode", "suggest: it only tells people. approve: it moves what a person approved. auto: it moves by itself within its "
           "limits.", [query(f"max by (mode) (balancer_mode{{{EVALUATOR}}}) == 1", "{{mode}}")], text="name")
    b.stat("Holds back because", "Why it suggests or starts nothing now. none: nothing holds it back. docs/alerts.md says for each "
           "reason what to look at.",
           [query(HELD, "{{reason}}")], text="name", w=8)
    b.stat("Last heartbeat", "Since the alert that always fires came through Alertmanager to the evaluator. Normal is up to 6 minutes.",
           [query(f"time() - (max(balancer_last_heartbeat_timestamp_seconds{{{EVALUATOR}}}) > 0)", "ago")], unit="s", decimals=0,
           thresholds=steps(("green", None), ("orange", 420), ("red", 900)))
    b.stat("Programs", "Whether exporter and evaluator answer Prometheus now.",
           [query(f"max(up{{{EXPORTER}}})", "exporter"), query(f"max(up{{{EVALUATOR}}})", "evaluator")],
           thresholds=steps(("red", None), ("green", 1)), mappings=to_text({0: ("down", "red"), 1: ("up", "green")}))
    b.stat("config.yaml", "Whether the file could be used when it was last loaded. no: the old settings are in force.",
           [query(f"min(balancer_config_last_reload_successful{{{EXPORTER}}})", "exporter"),
            query(f"min(balancer_config_last_reload_successful{{{EVALUATOR}}})", "evaluator")],
           mappings=to_text({0: ("not loaded", "red"), 1: ("loaded", "green")}))
    b.row("Plans and moves")
    b.lines("Peak: now and predicted", "Highest use of a host divided by its limit: as it was when the last plan was made, as that plan "
            "predicts it, and as it was achieved. What comes true is the line \"measured\", which needs no plan.",
            [query(f"max by (state) (balancer_peak{{{EVALUATOR}}})", "{{state}}"),
             query(f"cluster:balancer_peak{{{CLUSTER}}}", "measured")], w=8)
    b.lines("Imbalance: now and predicted", "How far apart the hosts are: when the last plan was made, and as that plan predicts it. What "
            "comes true is the line \"measured\", which needs no plan.",
            [query(f"max by (state) (balancer_imbalance{{{EVALUATOR}}})", "{{state}}"),
             query(f"cluster:balancer_imbalance{{{CLUSTER}}}", "measured")], unit="short", w=8)
    b.lines("Plans", "Plans that were made in the ten minutes before, by result. moves: it suggests something. infeasible: a host is "
            "overloaded and nothing helps. refused: it must not plan (no quorum, old figures).",
            [query(f"sum by (goal, result) (increase(balancer_plans_total{{{EVALUATOR}}}[10m]))", "{{goal}}: {{result}}")],
            unit="short", w=8)
    b.lines("Moves", "Moves that came to an end in the hour before, by result. unknown: it could not find out how it ended.",
            [query(f"sum by (result) (increase(balancer_moves_total{{{EVALUATOR}}}[1h]))", "{{result}}")], unit="short", w=8)
    took, down = "balancer_move_duration_seconds", "balancer_move_downtime_seconds"
    b.lines("Duration and downtime of moves", "The mean of all moves since the evaluator was started. Downtime is how long a guest did not run: seconds for a container that "
            "is restarted on the target, nearly none for a VM.",
            [query(f"sum({took}_sum{{{EVALUATOR}}}) / sum({took}_count{{{EVALUATOR}}})", "duration"),
             query(f"sum({down}_sum{{{EVALUATOR}}}) / sum({down}_count{{{EVALUATOR}}})", "downtime")],
            unit="s", w=8)
    b.table("Guests that rest", "Guests that were moved and stay where they are until then (evaluator.limits, guest cooldown).",
            [("Rests for", f"max by (id) (balancer_cooldown_until_timestamp_seconds{{{EVALUATOR}}} - time() > 0)",
              {"unit": "s", "custom__width": 120})], labels={"id": ("Guest", {"links": link_to("guest", "Guest ${__value.text}", guest="${__value.text}")})},
            w=8, sort="Rests for")
    b.row("Why not")
    b.table("Why guests could not move", "What forbade moves in the plans of the time shown, by code, most frequent first. A plan that is "
            "made again every 30 s counts again. Per guest: `balancer-evaluator plan --explain GUEST`.",
            [("Times", f'sum by (code, cure) (label_replace(round(increase(balancer_rejected_total{{{EVALUATOR}}}[$__range])), '
              '"cure", "$1", "code", "(.+)"))', {"unit": "short", "decimals": 0, "custom__width": 80})],
            labels={"code": ("Reason", {"mappings": to_text({code: f"{code}: {text}" for code, text in REJECTED.items()})}),
                    "cure": ("What helps", {"mappings": to_text(CURES)})},
            w=12, h=9, sort="Times")
    info = f"id:balancer_guest_info{{{CLUSTER}, node=~\"$host\"}}"
    b.table("Fix-it list", "Guests that something binds to their host, and what it is. Each one mended is one more guest that can leave "
            "when its host is overloaded or must be serviced.",
            [(None, f'max by (id, name, node, code) ({one("pve_guest_blocker", CLUSTER, "cluster, id, code")} '
              f'* on (cluster, id) group_left (name, node) {info})', {})],
            labels={"name": ("Guest", {"custom__width": 120, "links": link_to("guest", "Guest ${__value.text}", guest="${__data.fields.id}")}),
                    "id": ("id", {"custom__width": 90}), "node": ("Host", {"custom__width": 80}),
                    "code": ("What binds it", {"mappings": to_text(BLOCKERS)})}, w=12, h=9, sort="Host")
    b.states("What held it back", "Each reason for which it suggested or started nothing, while it lasted: no figures, no quorum, a silenced alert, "
             "a limit of evaluator.limits. none: nothing held it back.",
             [query(HELD, "{{reason}}")], w=8, h=8, mappings=to_text({0: ("free", "green"), 1: ("held", "orange")}))
    b.lines("Webhooks", "Messages from Alertmanager, by what became of them, per minute. Anything but stored is explained in "
            "docs/alerts.md.", [query(f"sum by (result) (rate(balancer_webhooks_total{{{EVALUATOR}}}[$__rate_interval])) * 60", "{{result}}")],
            unit="short", w=8, h=8)
    b.lines("Messages to people", "Messages by receiver and result, per minute. retried: it was not taken and is tried again for up to 24 "
            "hours.", [query(f"sum by (sink, result) (rate(balancer_notifications_total{{{EVALUATOR}}}[$__rate_interval])) * 60", "{{sink}}: {{result}}")],
            unit="short", w=8, h=8)
    b.row("How the hosts are read")
    hosts = f"{HOSTS}, job=\"balancer-exporter\""
    host_of = lambda inner, more="": f'max by (host{more}) (label_replace({inner}, "host", "$1", "id", "node/(.+)"))'  # noqa: E731
    b.lines("Time an answer takes", "From the request to the last byte, for each host. All hosts are asked at once, so the slowest one costs "
            "the others nothing.", [query(host_of(f"balancer_collect_duration_seconds{{{hosts}}}"), "{{host}}")], unit="s", w=8, h=8)
    b.lines("SSH: connections and failures", "In the hour before, by host. In peace one connection stays open for days; failures carry "
            "their reason.",
            [query(host_of(f"increase(balancer_ssh_connects_total{{{hosts}}}[1h])"), "{{host}} connections"),
             query(host_of(f"increase(balancer_ssh_failures_total{{{hosts}}}[1h])", ", reason") + " or label_replace(" + host_of(
                 f"balancer_ssh_connects_total{{{hosts}}} * 0") + ', "reason", "(none)", "", "")', "{{host}} failures {{reason}}")],
            unit="short", w=8, h=8)
    b.lines("The programs themselves", "Resident memory of exporter and evaluator.",
            [query(f"max by (job) (process_resident_memory_bytes{{{CLUSTER}, job=~\"balancer-.+\"}})", "{{job}}")], unit="bytes", w=8, h=8)
    return b.json
