"""Storages: how full each is, how fast it fills, and whose volumes lie on it."""

from grafana import GREEN_TO_RED, Board, link_to, query, steps, to_text
from promql import CLUSTER, one

STORAGES = CLUSTER + ', id=~"storage/($host)/.+"'
FULL = steps(("green", None), ("yellow", 0.8), ("red", 0.9))
BY_STORAGE = "id, storage, node, plugintype"


def named(expression):
    """Storages' series (cluster, id) → with the names of storage, host and kind, and nothing else."""
    info = one("pve_storage_info", STORAGES, "cluster, " + BY_STORAGE)
    return f"max by ({BY_STORAGE}) ({expression} * on (cluster, id) group_left (storage, node, plugintype) {info})"


def board():
    b = Board("storages", "storages", "How full each storage is, how fast it fills, and whose volumes lie on it.", host="many",
              span="24h")
    used, size = one("pve_disk_usage_bytes", STORAGES), one("pve_disk_size_bytes", STORAGES)
    b.stat("Storages over 90 %", "A shared storage counts once. Above 90 % thin pools and ZFS get slow and fragile.",
           [query(f"count(storage:balancer_full_ratio{{{CLUSTER}}} > 0.9) or vector(0)", "storages")],
           thresholds=steps(("green", None), ("red", 1)), w=6)
    b.stat("Not active", "Storages that are configured for a host and not active there: guests on them do not start there.",
           [query(f"count(id:balancer_up{{{STORAGES}}} == 0) or vector(0)", "storages")],
           thresholds=steps(("green", None), ("red", 1)), w=6)
    b.stat("Fullest", "How full the fullest storage is.", [query(f"max(storage:balancer_full_ratio{{{CLUSTER}}})", "full")],
           unit="percentunit", decimals=0, thresholds=FULL, w=6)
    b.stat("Promised", "The configured sizes of all volumes of guests, together. With thin storage that may be more than there is.",
           [query(f'sum(max by (id, volume) (pve_volume_size_bytes{{{CLUSTER}, job="balancer-exporter"}}))', "promised")],
           unit="bytes", w=6)
    b.row("Each storage")
    b.table("Storages", "Each storage as each host has it. A shared one stands there once for every host, with the same figures.",
            [("Full", named(f"{used} / {size}"), {"unit": "percentunit", "custom__cellOptions": {"type": "gauge", "mode": "basic"},
                                                  "min": 0, "max": 1, "color": GREEN_TO_RED}),
             ("Used", named(used), {"unit": "bytes", "custom__width": 100}),
             ("Size", named(size), {"unit": "bytes", "custom__width": 100}),
             ("Shared", named(one("pve_storage_shared", STORAGES)),
              {"unit": "none", "custom__width": 80, "mappings": to_text({0: "no", 1: "yes"})}),
             ("Active", named(f"id:balancer_up{{{STORAGES}}}"),
              {"unit": "none", "custom__width": 80, "mappings": to_text({0: ("no", "red"), 1: ("yes", "green")})})],
            labels={"storage": ("Storage", {}), "node": ("Host", {"custom__width": 100,
                                                                   "links": link_to("host", "Host ${__value.text}", host="${__value.text}")}),
                    "plugintype": ("Kind", {"custom__width": 100})}, hide=("id",), h=9, sort="Full")
    b.lines("How full", "Share in use; a shared storage has one line. Above 90 % StorageFull fires.",
            [query(f'label_replace(storage:balancer_full_ratio{{{CLUSTER}}}, "node", "shared", "node", "")', "{{storage}} ({{node}})")], high=1, w=12)
    grown = named(f'max by (cluster, id) (delta(pve_disk_usage_bytes{{{STORAGES}, job="balancer-exporter"}}[1h]))')
    shared = f'({one("pve_storage_shared", STORAGES)} == 1)'
    b.lines("Growth in an hour", "Bytes by which the use of a storage grew (above zero) or shrank in the hour before. A line that stays "
            "above zero fills it up. A shared storage has one line.", [query(f'max by (storage, node) ({grown} unless on (id) {shared}) or '
                   f'label_replace(max by (storage) ({grown} and on (id) {shared}), "node", "shared", "node", "")', "{{storage}} ({{node}})")],
            unit="bytes", low=None, w=12)
    b.row("Volumes")
    b.bars("Promised by storage", "The configured sizes of the volumes on each storage, local ones of all hosts together.",
           [query(f'sum by (storage) (max by (id, volume, storage) (pve_volume_size_bytes{{{CLUSTER}, job="balancer-exporter"}}))', "{{storage}}")],
           unit="bytes", high=None, thresholds=steps(("blue", None)))
    info = f"id:balancer_guest_info{{{CLUSTER}}}"
    b.table("Largest volumes", "The twenty largest volumes by configured size, with the guest they belong to.",
            [("Size", f'topk(20, max by (id, name, node, volume, storage) ({one("pve_volume_size_bytes", CLUSTER, "cluster, id, volume, storage")} '
              f'* on (cluster, id) group_left (name, node) {info}))', {"unit": "bytes", "custom__width": 100})],
            labels={"name": ("Guest", {"links": link_to("guest", "Guest ${__value.text}", guest="${__data.fields.id}")}),
                    "id": ("id", {"custom__width": 100}), "volume": ("Volume", {"custom__width": 90}),
                    "storage": ("Storage", {}), "node": ("Host", {"custom__width": 90})}, w=16, sort="Size")
    return b.json
