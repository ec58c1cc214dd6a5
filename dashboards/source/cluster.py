"""Cluster: the hosts side by side, who is over its limit, whether the loss of one would be survived."""

from grafana import (ANY_IS_BAD, GREEN_TO_RED, OF_LIMIT, Board, dashed, link_to, query, steps, to_text)
from promql import CLUSTER, GUESTS, HOSTS, NODES, by_guest, by_host, of_limit, on_hosts, one, running, threshold

GAUGE = {"unit": "percentunit", "custom__cellOptions": {"type": "gauge", "mode": "basic"}, "min": 0, "max": 1,
         "color": GREEN_TO_RED}
PERCENT = {"unit": "percentunit", "custom__width": 110}
OVER = (f'max by (id) (({of_limit("cpu", NODES)}) or label_replace({of_limit("memory", NODES)}, "resource", "memory", "", ""))')


def board():
    b = Board("cluster", "cluster", "Hosts side by side, the guests on them, alerts, and whether the loss of a host would "
              "be survived.", host="many")
    b.stat("Hosts that can be read", "Hosts that answered the exporter in its last cycle, of all hosts it knows. A host that "
           "is missing here has an alert HostUnreachable with the reason, or is in maintenance.",
           [query(f"sum(id:balancer_up{{{NODES}}})", "readable"), query(f"count(id:balancer_up{{{NODES}}})", "all")])
    b.stat("Hosts over a limit", "Hosts whose CPU or memory is above the threshold in config.yaml now (mean of 5 minutes). "
           "The balancer looks for a plan for them.", [query(f"count({OVER} > 1) or vector(0)", "hosts")],
           thresholds=ANY_IS_BAD)
    b.stat("Alerts", "Alerts that are firing for people: severity warning and critical.",
           [query(f'count(ALERTS{{{CLUSTER}, alertstate="firing", severity="critical"}}) or vector(0)', "critical"),
            query(f'count(ALERTS{{{CLUSTER}, alertstate="firing", severity="warning"}}) or vector(0)', "warning")],
           thresholds=steps(("green", None), ("red", 1)))
    b.stat("Peak", "The fullest host's use divided by its limit (threshold), CPU or memory, whichever is higher. Above 100 % "
           "a host is overloaded. Hosts in maintenance do not count.",
           [query(f"cluster:balancer_peak{{{CLUSTER}}}", "peak")], unit="percentunit", decimals=0, thresholds=OF_LIMIT)
    b.stat("Imbalance", "How far apart the hosts are: the standard deviation of their CPU use plus that of their memory use. "
           "0 is even. An idle cluster may be uneven without harm. Hosts in maintenance do not count.",
           [query(f"cluster:balancer_imbalance{{{CLUSTER}}}", "imbalance")], unit="short", decimals=2, graph=True)
    b.stat("Room after the worst loss", "If the host whose loss costs most failed now: what its guests use, as a share of what "
           "the other hosts have left below their limits. Above 100 % the cluster would not survive it within its limits. "
           "A host in maintenance offers no room; no data where that, or a cluster of one host, leaves one.",
           [query(f"max(id:balancer_loss_ratio{{{CLUSTER}}})", "needed")], unit="percentunit", decimals=0, thresholds=OF_LIMIT)
    b.row("Hosts side by side")
    load = f'{one("pve_load1", HOSTS)} / {one("pve_cpu_usage_limit", HOSTS)}'
    b.table("Hosts", "One line a host, now. Memory is what programs cannot get. Proxmox shows more, because it counts the whole "
            "ZFS ARC as used: where Proxmox shows 92 %, this shows 71 %, and the rest is ARC.",
            [("CPU", by_host(f"id:balancer_cpu_used_ratio:mean5m{{{HOSTS}}}"), GAUGE),
             ("limit", by_host(threshold("cpu")), PERCENT),
             ("Memory", by_host(f"id:balancer_memory_used_ratio:mean5m{{{HOSTS}}}"), GAUGE),
             ("limit ", by_host(threshold("memory")), PERCENT),
             ("Proxmox shows", by_host(f'{one("pve_memory_usage_bytes", HOSTS)} / {one("pve_memory_size_bytes", HOSTS)}'), PERCENT),
             ("Load per core", by_host(load), {"unit": "short", "decimals": 2, "custom__width": 110}),
             ("Root disk", by_host(f"id:balancer_root_filesystem_used_ratio{{{HOSTS}}}"), GAUGE),
             ("Guests", 'max by (host) (label_replace(count by (node) (id:balancer_guest_info'
              f'{{{CLUSTER}, node=~"$host"}}), "host", "$1", "node", "(.+)"))', {"unit": "none", "custom__width": 80})],
            labels={"host": ("Host", {"custom__width": 120, "links": link_to("host", "Host ${__value.text}", host="${__value.text}")})},
            h=6)
    b.heat("Heat: CPU", "Use of CPU as a share of the host's limit, minute by minute: green below 90 % of it, yellow near it, "
           "red above. A red band that moves from host to host is load that was moved, or that moves by itself.",
           [query(by_host(of_limit("cpu", HOSTS)), "{{host}}")])
    b.heat("Heat: memory", "Use of memory as a share of the host's limit, minute by minute: green below 90 % of it, yellow near "
           "it, red above.", [query(by_host(of_limit("memory", HOSTS)), "{{host}}")])
    b.lines("Host CPU and limit", "Share of the host's cores that is busy (mean of 5 minutes, as the alert sees it). Dashed: the "
            "threshold in config.yaml.",
            [query(by_host(f"id:balancer_cpu_used_ratio:mean5m{{{HOSTS}}}"), "{{host}}"),
             query(by_host(threshold("cpu")), "limit of {{host}}")], overrides=[dashed("limit of .*")], high=1)
    b.lines("Host memory and limit", "Share of the host's memory that programs cannot get (mean of 5 minutes). Half of what the "
            "ZFS ARC would give back does not count as used. Dashed: the threshold in config.yaml.",
            [query(by_host(f"id:balancer_memory_used_ratio:mean5m{{{HOSTS}}}"), "{{host}}"),
             query(by_host(threshold("memory")), "limit of {{host}}")], overrides=[dashed("limit of .*")], high=1)
    b.lines("Host pressure", "Share of the time in which some task waited for CPU, or all waited for memory or disks (PSI, mean "
            "of 5 minutes). It tells whether high use hurts: 95 % CPU without pressure is a well used host.",
            [query('max by (host, resource) (label_replace(id:balancer_pressure_ratio:mean5m'
                   f'{{{HOSTS}}}, "host", "$1", "id", "node/(.+)"))', "{{host}} {{resource}}")], w=8, high=None)
    b.lines("Imbalance and peak", "Both as they are measured now. After good moves both go down; a peak that stays while the "
            "imbalance falls means that the fullest host is not one that can be relieved.",
            [query(f"cluster:balancer_imbalance{{{CLUSTER}}}", "imbalance"),
             query(f"cluster:balancer_peak{{{CLUSTER}}}", "peak")], w=8, unit="short")
    b.bars("Loss of a host", "For each host: what its guests use, as a share of what the others have left below their limits. "
           "Above 100 % they would not fit. Only sums are compared; `plan --goal survive` asks guest by guest.",
           [query('max by (host, resource) (label_replace(id:balancer_loss_ratio'
                  f'{{{CLUSTER}}}, "host", "$1", "id", "node/(.+)"))', "{{host}} {{resource}}")])
    b.row("Alerts")
    b.table("Alerts", "Alerts about this cluster that are firing, or pending (waiting for their time to pass). BalancerHeartbeat, "
            "which always fires, is left out. Each has a page in docs/runbooks.",
            [(None, "max by (severity, alertname, id, resource, alertstate) "
              f'(ALERTS{{{CLUSTER}, alertname!="BalancerHeartbeat"}})', {})],
            labels={"alertstate": ("State", {"custom__width": 90}), "severity": ("Severity", {"custom__width": 90}),
                    "alertname": ("Alert", {}), "id": ("Of", {"custom__width": 130}), "resource": ("Resource", {"custom__width": 110})},
            w=12)
    b.lines("Alerts over time", "How many alerts were firing, by name.",
            [query(f'count by (alertname) (ALERTS{{{CLUSTER}, alertstate="firing", alertname!="BalancerHeartbeat"}})',
                   "{{alertname}}")], unit="none", stacked=True, decimals=0)
    b.row("Guests")
    cores = f"id:balancer_cpu_used_cores{{{GUESTS}}}"
    memory = one("pve_memory_usage_bytes", GUESTS)
    b.lines("Guests: CPU", "CPU cores used by each guest on the chosen hosts, stacked. Choose one host above to see what fills it.",
            [query(on_hosts(cores), "{{name}} ({{id}})")], unit="suffix: cores", stacked=True, h=9)
    b.lines("Guests: memory", "Memory used by each guest on the chosen hosts, stacked. Page cache is not counted.",
            [query(on_hosts(memory), "{{name}} ({{id}})")], unit="bytes", stacked=True, h=9)
    b.table("Guests", "Each running guest with its use of its own limits. A guest near 100 % of its own CPU needs more cores, not "
            "another host. Click on one for its own dashboard.",
            [("CPU of its limit", by_guest(f"id:balancer_cpu_used_ratio:mean5m{{{GUESTS}}}"), GAUGE),
             ("Cores", by_guest(cores), {"unit": "short", "decimals": 2, "custom__width": 80}),
             ("Memory of its limit", by_guest(f"id:balancer_memory_used_ratio:mean5m{{{GUESTS}}}"), GAUGE),
             ("Memory", by_guest(memory), {"unit": "bytes", "custom__width": 100}),
             ("Can move", by_guest(running(one("pve_guest_movable", CLUSTER))),
              {"unit": "none", "custom__width": 90, "mappings": to_text({0: ("no", "orange"), 1: ("yes", "green")})})],
            labels={"name": ("Guest", {"links": link_to("guest", "Guest ${__value.text}", guest="${__data.fields.id}")}),
                    "id": ("id", {"custom__width": 100}), "node": ("Host", {"custom__width": 90})}, h=12, sort="Cores")
    return b.json
