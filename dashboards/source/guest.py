"""Guest: its use of its own limits, what holds it back, where it was, and whether it can move."""

from grafana import ANY_IS_BAD, SHARE, Board, dashed, query, steps, to_text, variable
from promql import GUEST, one, rate
from meanings import BLOCKERS

GUEST_VARIABLE = variable("guest", "Guest", 'query_result(id:balancer_guest_info{cluster="$cluster", node=~"$host"})',
                          regex='/id="(?<value>[^"]+)",name="(?<text>[^"]*)"/')


def of_guest(expression):
    return f"max({expression})"


def board():
    b = Board("guest", "guest", "One guest: its use of its own limits, what holds it back, where it was, and whether it can move.",
              variables=[GUEST_VARIABLE], host="many")
    b.stat("Runs on", "The host that has the guest's configuration now.",
           [query(f"max by (node) (id:balancer_guest_info{{{GUEST}}})", "{{node}}")], text="name")
    b.stat("State", "Whether it runs; paused counts as running.", [query(of_guest(f"id:balancer_up{{{GUEST}}}"), "state")],
           mappings=to_text({0: ("stopped", "orange"), 1: ("running", "green")}))
    b.stat("CPU of its limit", "CPU used as a share of what it may use (mean of 5 minutes). Near 100 % it needs more cores, not "
           "another host.", [query(of_guest(f"id:balancer_cpu_used_ratio:mean5m{{{GUEST}}}"), "CPU")], unit="percentunit",
           decimals=0, thresholds=SHARE, graph=True)
    b.stat("Memory of its limit", "Memory used, without page cache, as a share of what it may have (mean of 5 minutes). A VM without "
           "a balloon driver shows what it has ever touched.",
           [query(of_guest(f"id:balancer_memory_used_ratio:mean5m{{{GUEST}}}"), "memory")], unit="percentunit", decimals=0,
           thresholds=SHARE, graph=True)
    b.stat("Throttled", "Share of the time in which its own cpulimit held it back (mean of 5 minutes).",
           [query(of_guest(f"id:balancer_cpu_throttled_ratio:mean5m{{{GUEST}}}"), "throttled")], unit="percentunit", decimals=0,
           thresholds=steps(("green", None), ("orange", 0.05), ("red", 0.25)))
    b.stat("Can move", "Whether nothing binds it to its host. What does is in the table below.",
           [query(of_guest(one("pve_guest_movable", GUEST)), "can move")],
           mappings=to_text({0: ("no", "orange"), 1: ("yes", "green")}))
    b.row("CPU and memory")
    b.lines("CPU", "Cores used. Dashed: the cores it may use.",
            [query(of_guest(f"id:balancer_cpu_used_cores{{{GUEST}}}"), "used"),
             query(of_guest(f"id:balancer_cpu_limit_cores{{{GUEST}}}"), "may use")], unit="suffix: cores",
            overrides=[dashed("may use", "red")], w=8)
    b.lines("Memory", "Used as Proxmox counts it, what it would need on another host (cache left behind, swap brought along), and "
            "its swap. Dashed: the memory it may have.",
            [query(of_guest(one("pve_memory_usage_bytes", GUEST)), "used"),
             query(of_guest(one("pve_memory_needed_bytes", GUEST)), "needs to move"),
             query(of_guest(one("pve_memory_swap_bytes", GUEST)), "swap"),
             query(of_guest(one("pve_memory_size_bytes", GUEST)), "may have")], unit="bytes", overrides=[dashed("may have", "red")], w=8)
    b.lines("What holds it back", "Share of the time in which its cpulimit throttled it, and in which it waited (PSI): some for CPU, "
            "all for disks or memory.",
            [query(of_guest(f"id:balancer_cpu_throttled_ratio:mean5m{{{GUEST}}}"), "throttled"),
             query(f"max by (resource) (id:balancer_pressure_ratio:mean5m{{{GUEST}}})", "waits for {{resource}}")], w=8)
    b.row("Where it was")
    b.states("Host over time", "On which host it ran. A change is a migration, whoever started it.",
             [query(f"max by (node) (id:balancer_guest_info{{{GUEST}}})", "{{node}}")], w=16, h=5,
             mappings=to_text({1: ("here", "blue")}))
    b.table("What binds it to its host", "Why it can or cannot move, with the code that plans use. docs/cluster-document.md says which "
            "of these may be allowed for a guest.",
            [(None, 'max by (code) ('
              f'{one("pve_guest_blocker", GUEST, "code")} or label_replace({one("pve_guest_movable", GUEST, "id")} == 1, '
              '"code", "none", "", ""))', {})],
            labels={"code": ("Reason", {"mappings": to_text({"none": "nothing: it can move", **BLOCKERS})})}, w=8, h=5)
    b.row("Disks and network")
    b.lines("Network", "Bytes it receives (above) and sends (below zero).",
            [query(of_guest(rate("pve_network_receive_bytes_total", GUEST)), "received"),
             query(of_guest(rate("pve_network_transmit_bytes_total", GUEST)), "sent")], unit="Bps", low=None, w=8,
            overrides=[{"matcher": {"id": "byName", "options": "sent"}, "properties": [
                {"id": "custom.transform", "value": "negative-Y"}]}])
    b.lines("Disk", "Bytes it reads (above) and writes (below zero).",
            [query(of_guest(rate("pve_disk_read_bytes_total", GUEST)), "read"),
             query(of_guest(rate("pve_disk_written_bytes_total", GUEST)), "written")], unit="Bps", low=None, w=8,
            overrides=[{"matcher": {"id": "byName", "options": "written"}, "properties": [
                {"id": "custom.transform", "value": "negative-Y"}]}])
    b.table("Volumes", "Its volumes with the size they are configured with, and where they lie. A volume on local storage is copied "
            "when the guest moves.",
            [("Size", one("pve_volume_size_bytes", GUEST, "volume, storage"), {"unit": "bytes", "custom__width": 110})],
            labels={"volume": ("Volume", {}), "storage": ("Storage", {})}, w=8, sort="Size")
    b.row("Events")
    b.stat("Processes ended for memory", "Processes that the kernel ended in it for lack of memory, in the time shown.",
           [query(f'sum(increase(pve_oom_kills_total{{{GUEST}, job="balancer-exporter"}}[$__range]))', "ended")], decimals=0,
           thresholds=ANY_IS_BAD, w=8)
    b.stat("Lock", "What Proxmox is doing with it: a backup, a migration, a snapshot. A locked guest does not move.",
           [query(f'max by (state) (pve_lock_state{{{GUEST}, job="balancer-exporter"}} == 1) or '
                  f'label_replace(max(id:balancer_guest_info{{{GUEST}}}) * 0, "state", "none", "", "")', "{{state}}")],
           text="name", w=8)
    b.stat("Up for", "Time since it was started. A container that is moved is started anew.",
           [query(of_guest(one("pve_uptime_seconds", GUEST)), "uptime")], unit="s", w=8)
    return b.json
