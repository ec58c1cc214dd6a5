"""Right-sizing: guests whose limits are too tight, and guests that hold what they do not use."""

from grafana import GREEN_TO_RED, Board, link_to, query, steps
from promql import CLUSTER, GUESTS, by_guest, on_hosts, one

NAMED = {"name": ("Guest", {"links": link_to("guest", "Guest ${__value.text}", guest="${__data.fields.id}")}),
         "id": ("id", {"custom__width": 90}), "node": ("Host", {"custom__width": 80})}
SHARE = {"unit": "percentunit", "decimals": 0, "custom__cellOptions": {"type": "gauge", "mode": "basic"}, "min": 0, "max": 1,
         "color": GREEN_TO_RED}
SHORT = {"unit": "short", "decimals": 2, "custom__width": 90}
BYTES = {"unit": "bytes", "custom__width": 100}


def columns(first, chosen, *others):
    """`first` (heading, properties) shows the fifteen guests that `chosen` chooses; the others are asked for the same
    guests alone: the table joins all columns, so each guest that one of them has would get a row."""
    heading, properties = first
    return [(heading, chosen, properties),
            *((name, f"{by_guest(expression)} and on (id) {chosen}", more) for name, expression, more in others)]


def waits(resource):
    return f'max by (cluster, id) (id:balancer_pressure_ratio:mean5m{{{GUESTS}, resource="{resource}"}})'


def top(expression):
    return f"topk(15, {by_guest(expression)})"


def board():
    b = Board("right-sizing", "right-sizing", "Guests whose limits are too tight, and guests that hold what they do not use: what to change "
              "before moving anything. Figures are over the time shown; choose a day or a week.", host="many", span="24h")
    throttled = f"avg_over_time(id:balancer_cpu_throttled_ratio:mean5m{{{GUESTS}}}[$__range])"
    b.stat("Throttled guests", "Guests that their own CPU limit held back for more than 5 % of the time shown.",
           [query(f"count({on_hosts(throttled)} > 0.05) or vector(0)", "guests")],
           thresholds=steps(("green", None), ("orange", 1)), w=6)
    idle = f"quantile_over_time(0.9, id:balancer_cpu_used_cores{{{GUESTS}}}[$__range])"
    b.stat("Idle guests", "Running guests that used less than 0.05 cores for nine tenths of the time shown.",
           [query(f"count({on_hosts(idle)} < 0.05) or vector(0)", "guests")], w=6)
    swap = one("pve_memory_swap_bytes", GUESTS)
    b.stat("Guests in swap", "Guests with more than 64 MiB in swap now. They wait for disks when they want it back.",
           [query(f"count({on_hosts(swap)} > 67108864) or vector(0)", "guests")],
           thresholds=steps(("green", None), ("orange", 1)), w=6)
    size = one("pve_memory_size_bytes", GUESTS)
    peak = f'max by (cluster, id) (max_over_time(pve_memory_usage_bytes{{{GUESTS}, job="balancer-exporter"}}[$__range]))'
    b.stat("Memory never used", "What running guests may have and did not use even at their highest in the time shown. It is promised "
           "to them, and counts when guests are placed.",
           [query(f"sum(clamp_min({on_hosts(f'({size} - {peak})')}, 0))", "unused")], unit="bytes", w=6)
    limit = f"id:balancer_cpu_limit_cores{{{GUESTS}}}"
    b.row("Too tight")
    b.table("Held back by their own limit", "Share of the time in which the guest's cpulimit throttled it, with the cores it may use and those it "
            "used at its high (0.9 quantile of 15 minutes). Raise the limit; a move does not help.",
            columns(("Throttled", SHARE), top(throttled), ("May use", limit, SHORT),
                    ("High", f"id:balancer_cpu_used_cores:high15m{{{GUESTS}}}", SHORT)),
            labels=NAMED, w=12, sort="Throttled")
    b.table("Near their memory limit", "The highest memory in the time shown, as a share of what the guest may have. A VM without a balloon driver "
            "shows what it has ever touched: look inside before adding.",
            columns(("Highest", SHARE), top(f"{peak} / {size}"), ("May have", size, BYTES)), labels=NAMED, w=12, sort="Highest")
    b.table("In swap", "Memory of the guest that lies in swap now, and how much of the time all its work waited for memory (mean of 5 minutes).",
            columns(("In swap", BYTES), top(swap), ("Waits", waits("memory"), SHARE)),
            labels=NAMED, w=12, sort="In swap")
    b.table("Wait for CPU", "Share of the time in which some task of the guest waited for a core (mean of 5 minutes), with the cores it may use. "
            "High without throttling: its host is full, or it has more threads than cores.",
            columns(("Waits", SHARE), top(waits("cpu")), ("May use", limit, SHORT)), labels=NAMED, w=12, sort="Waits")
    b.row("More than they need")
    b.table("Used least", "The running guests that used least CPU: their high (0.9 quantile) in the time shown, the cores they may use, and the "
            "memory they hold. What is idle (below 0.05 cores): stop it, or give its memory to others.",
            columns(("High", dict(SHORT, decimals=3)), f"bottomk(15, {by_guest(idle)})", ("May use", limit, SHORT),
                    ("Memory", one("pve_memory_usage_bytes", GUESTS), BYTES)), labels=NAMED, w=12)
    b.table("Memory not used", "What the guest may have minus the highest it used in the time shown. Lower its memory to what it needs and a "
            "margin; live VMs need a restart for that.",
            columns(("Not used", BYTES), top(f"{size} - {peak}"), ("May have", size, BYTES)), labels=NAMED, w=12, sort="Not used")
    return b.json
