"""The pieces that queries of several dashboards share. `$cluster` and `$host` are Grafana's variables."""

CLUSTER = 'cluster="$cluster"'
HOSTS = CLUSTER + ', id=~"node/($host)"'
NODES = CLUSTER + ', id=~"node/.+"'
GUESTS = CLUSTER + ', id=~"(lxc|qemu)/.+"'
GUEST = CLUSTER + ', id="$guest"'
EXPORTER = CLUSTER + ', job="balancer-exporter"'
EVALUATOR = CLUSTER + ', job="balancer-evaluator"'


def one(name, selector, by="cluster, id"):
    """A series of the exporter, once for each id, whichever instance shows it."""
    return f'max by ({by}) ({name}{{{selector}, job="balancer-exporter"}})'


def rate(name, selector, by="cluster, id", window="$__rate_interval"):
    return f'max by ({by}) (rate({name}{{{selector}, job="balancer-exporter"}}[{window}]))'


def by_host(expression):
    """Series with id="node/x" → one with host="x", and no other label."""
    return f'max by (host) (label_replace({expression}, "host", "$1", "id", "node/(.+)"))'


def on_hosts(expression):
    """Guests' series (cluster, id) → those on the chosen hosts, with name and node."""
    return f'({expression}) * on (cluster, id) group_left (name, node) id:balancer_guest_info{{cluster="$cluster", node=~"$host"}}'


def running(expression):
    return f"{expression} and on (cluster, id) id:balancer_up == 1"


def by_guest(expression):
    """As on_hosts(), with the labels id, name, node alone: for tables."""
    return f"max by (id, name, node) ({on_hosts(expression)})"


def threshold(resource, selector=HOSTS):
    return f'id:balancer_threshold_ratio{{{selector}, resource="{resource}"}}'


def of_limit(resource, selector):
    """Use as a share of its limit: above 1 it is overloaded."""
    used = f"id:balancer_{resource}_used_ratio:mean5m{{{selector}}}"
    return f'{used} / on (cluster, id) max by (cluster, id) ({threshold(resource, selector)})'
