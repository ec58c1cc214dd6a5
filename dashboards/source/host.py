"""Host: what fills it, what it waits for, and how well it can be read."""

from grafana import ANY_IS_BAD, OF_LIMIT, Board, dashed, link_to, query, steps, to_text
from promql import CLUSTER, GUESTS, HOSTS, by_guest, of_limit, on_hosts, one, rate, running, threshold
from cluster import GAUGE


def of_host(expression):
    """One series without labels: the panel's legend says what it is."""
    return f"max({expression})"


def board():
    b = Board("host", "host", "One host: what fills it, what it waits for, what Proxmox shows and what is really used, and how "
              "well it can be read.")
    b.stat("CPU of its limit", "Busy cores as a share of the threshold in config.yaml (mean of 5 minutes). Above 100 % the host "
           "counts as overloaded.", [query(of_host(of_limit("cpu", HOSTS)), "CPU")], unit="percentunit", decimals=0,
           thresholds=OF_LIMIT, graph=True)
    b.stat("Memory of its limit", "Memory that programs cannot get as a share of the threshold in config.yaml (mean of 5 minutes).",
           [query(of_host(of_limit("memory", HOSTS)), "memory")], unit="percentunit", decimals=0, thresholds=OF_LIMIT, graph=True)
    b.stat("Room", "Cores that are left below the CPU limit: what could still be placed here. No data in maintenance.",
           [query(of_host(f"id:balancer_cpu_room_cores{{{HOSTS}}}"), "cores")], unit="suffix: cores", decimals=1)
    b.stat("Room in memory", "Memory that is left below the memory limit: what could still be placed here. No data in "
           "maintenance.",
           [query(of_host(f"id:balancer_memory_room_bytes{{{HOSTS}}}"), "memory")], unit="bytes", decimals=1)
    b.stat("If it fails", "What its guests use, as a share of what the other hosts have left, CPU or memory. Above 100 % they do "
           "not fit elsewhere within the limits. No data in maintenance.",
           [query(of_host(f"id:balancer_loss_ratio{{{HOSTS}}}"), "needed")], unit="percentunit", decimals=0, thresholds=OF_LIMIT)
    b.stat("Up for", "Time since the host was booted.", [query(of_host(one("pve_uptime_seconds", HOSTS)), "uptime")], unit="s")
    b.row("CPU")
    cores = f"id:balancer_cpu_used_cores{{{HOSTS}}}"
    b.lines("CPU: who uses it", "Cores used by each guest, stacked; dashed: all the host uses, and its limit. What lies between the "
            "stack and the upper dashed line is the host itself (backup, ZFS, Ceph): no move of guests helps against that.",
            [query(on_hosts(f"id:balancer_cpu_used_cores{{{GUESTS}}}"), "{{name}} ({{id}})"), query(of_host(cores), "whole host"),
             query(of_host(f"id:balancer_cpu_limit_cores{{{HOSTS}}} * on (cluster, id) "
                           f"max by (cluster, id) ({threshold('cpu')})"), "limit")],
            unit="suffix: cores", stacked=True, overrides=[dashed("whole host", "text"), dashed("limit", "red")], w=16, h=9)
    b.lines("Pressure", "Share of the time in which some task waited for a core, or all waited for disks or memory (PSI). It tells "
            "whether high use hurts.",
            [query(f"max by (resource) (id:balancer_pressure_ratio:mean5m{{{HOSTS}}})", "{{resource}}")], w=8, h=9)
    b.row("Memory")
    size = one("pve_memory_size_bytes", HOSTS)
    b.lines("Memory: Proxmox and this", "Proxmox counts the whole ZFS cache (ARC) as used; half of what the ARC would give back "
            "counts as free here. Where Proxmox shows 92 % and this 71 %, the rest is ARC. Decisions rest on the lower line.",
            [query(of_host(f'{one("pve_memory_usage_bytes", HOSTS)} / {size}'), "Proxmox shows"),
             query(of_host(f"id:balancer_memory_used_ratio{{{HOSTS}}}"), "really used"),
             query(of_host(threshold("memory")), "limit"),
             query(of_host(f'{one("pve_zfs_arc_size_bytes", HOSTS)} / {size}'), "ZFS ARC")],
            overrides=[dashed("limit", "red")], high=1, w=8, h=9)
    b.lines("Memory: who needs it", "What each guest would need on another host: without cache that can be dropped, swap counted "
            "in. Stacked; dashed: the size of the host's memory.",
            [query(on_hosts(one("pve_memory_needed_bytes", GUESTS)), "{{name}} ({{id}})"), query(of_host(size), "size")],
            unit="bytes", stacked=True, overrides=[dashed("size", "red")], w=8, h=9)
    b.lines("Cache, ARC, swap, KSM", "What lies beside the guests: the page cache (given back at once), the ZFS cache (given back "
            "down to its minimum), pages in swap, and memory saved because guests have equal pages (KSM).",
            [query(of_host(one("pve_memory_cache_bytes", HOSTS)), "page cache"),
             query(of_host(one("pve_zfs_arc_size_bytes", HOSTS)), "ZFS ARC"),
             query(of_host(one("pve_memory_swap_bytes", HOSTS)), "swap in use"),
             query(of_host(one("pve_memory_ksm_shared_bytes", HOSTS)), "saved by KSM")], unit="bytes", w=8, h=9)
    b.row("Disks and network")
    b.lines("Guests: disk", "Bytes that the guests on this host read (above) and write (below zero), the ten that do most.",
            [query("topk(10, " + on_hosts(rate("pve_disk_read_bytes_total", GUESTS)) + ")", "{{name}} reads"),
             query("topk(10, " + on_hosts(rate("pve_disk_written_bytes_total", GUESTS)) + ")", "{{name}} writes")],
            unit="Bps", low=None, w=8, overrides=[{"matcher": {"id": "byRegexp", "options": ".* writes"}, "properties": [
                {"id": "custom.transform", "value": "negative-Y"}]}])
    b.lines("Network", "Bytes that the host's network cards receive (above) and send (below zero). Copies of migrations and "
            "backups run here as well.",
            [query(of_host(rate("pve_network_receive_bytes_total", HOSTS)), "received"),
             query(of_host(rate("pve_network_transmit_bytes_total", HOSTS)), "sent")],
            unit="Bps", low=None, w=8, overrides=[{"matcher": {"id": "byName", "options": "sent"}, "properties": [
                {"id": "custom.transform", "value": "negative-Y"}]}])
    b.lines("Load and root disk", "Load per core (running and waiting tasks, 1 minute) and how full the root file system is. Disk "
            "waits count as load: a high load with an idle CPU points to storage.",
            [query(of_host(f'{one("pve_load1", HOSTS)} / {one("pve_cpu_usage_limit", HOSTS)}'), "load per core"),
             query(of_host(f"id:balancer_root_filesystem_used_ratio{{{HOSTS}}}"), "root file system")], w=8)
    b.row("Guests here")
    b.table("Guests here", "The running guests of this host with the use of their own limits, whether they could leave, and the "
            "time in which their own limit held them back.",
            [("CPU of its limit", by_guest(f"id:balancer_cpu_used_ratio:mean5m{{{GUESTS}}}"), GAUGE),
             ("Cores", by_guest(f"id:balancer_cpu_used_cores{{{GUESTS}}}"), {"unit": "short", "decimals": 2, "custom__width": 80}),
             ("Memory of its limit", by_guest(f"id:balancer_memory_used_ratio:mean5m{{{GUESTS}}}"), GAUGE),
             ("Throttled", by_guest(f"id:balancer_cpu_throttled_ratio:mean5m{{{GUESTS}}}"),
              {"unit": "percentunit", "decimals": 0, "custom__width": 100}),
             ("Can move", by_guest(running(one("pve_guest_movable", CLUSTER))),
              {"unit": "none", "custom__width": 90, "mappings": to_text({0: ("no", "orange"), 1: ("yes", "green")})})],
            labels={"name": ("Guest", {"links": link_to("guest", "Guest ${__value.text}", guest="${__data.fields.id}")}),
                    "id": ("id", {"custom__width": 100})}, hide=("node",), h=9, sort="Cores")
    b.row("How well it is read")
    self_ = f'{HOSTS}, job="balancer-exporter"'
    b.stat("Age of its figures", "Since its last answer. Normal is up to one collecting interval plus one scrape interval (30 s).",
           [query(f"time() - max(balancer_collect_last_success_timestamp_seconds{{{self_}}})", "age")], unit="s", decimals=0,
           thresholds=steps(("green", None), ("orange", 60), ("red", 120)), h=7)
    b.stat("Parts not read", "Parts of its answer that are missing or torn. Alert CollectSectionFailing names them.",
           [query(f"count(balancer_collect_success{{{self_}}} == 0) or vector(0)", "parts")], thresholds=ANY_IS_BAD, h=7)
    b.stat("Clock", "How far its clock is ahead of the exporter's, good to about a second.",
           [query(of_host(one("pve_clock_offset_seconds", HOSTS)), "ahead")], unit="s", decimals=0,
           thresholds=steps(("red", None), ("green", -5), ("red", 5)), h=7)
    b.lines("Time one answer takes", "From the request to the last byte. It grows with the number of guests, and when the host or the way "
            "to it is busy.", [query(f"max(balancer_collect_duration_seconds{{{self_}}})", "seconds")], unit="s", w=6, h=7)
    b.lines("Connections and failures", "New SSH connections, and failures by reason, per hour. In peace one connection stays open "
            "for days: a rising line of connections means that something cuts them.",
            [query(f"sum(increase(balancer_ssh_connects_total{{{self_}}}[1h]))", "connections"),
             query(f"sum by (reason) (increase(balancer_ssh_failures_total{{{self_}}}[1h])) or "
                   f'label_replace(sum(balancer_ssh_connects_total{{{self_}}} * 0), "reason", "no failures", "", "")', "{{reason}}")],
            unit="short", w=6, h=7)
    return b.json
