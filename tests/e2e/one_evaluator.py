"""The evaluator alone, in a world that stands still (tests/support/static_world.py): no lab, no hosts that answer."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import chain  # noqa: E402
from waiting import wait_until  # noqa: E402


class Evaluator:
    """In mode suggest, in `folder`; `alertmanagers` defaults to the world, `prometheus` too."""

    def __init__(self, folder, world, binaries=chain.BIN, interval="30s", prometheus="", alertmanagers=(), listen=""):
        folder.mkdir(parents=True, exist_ok=True)
        self.url = f"http://{listen or f'127.0.0.1:{chain.free_port()}'}"
        self.port = int(self.url.rsplit(":", 1)[1])
        self.state = folder / "state"
        token = folder / "token"
        token.touch(0o600)
        token.write_text(chain.TOKEN)
        self.config = folder / "config.yaml"
        self.config.touch(0o600)
        self.config.write_text(f"""
cluster: {world.cluster_name}
proxmox_hosts: [{{ name: host1, address: 127.0.0.1, user: root, key_path: {token} }}]
exporter: {{ listen: "{world.address}", interval: 1s }}
prometheus: {{ url: "{prometheus or world.url}", window: 1m }}
alertmanager: {{ urls: {json.dumps(list(alertmanagers) or [world.url])} }}
evaluator:
  listen: "127.0.0.1:{self.port}"
  interval: {interval}
  state_directory: {self.state}
  webhook: {{ bearer_token_file: {token} }}
notify: {{ log: false, webhooks: [{{ name: test, url: "{world.url}/message" }}] }}
""")
        self.process = chain.Process("evaluator", folder, binaries / "balancer-evaluator", "serve", "--config",
                                     self.config)

    def __enter__(self):
        self.process.start()
        self.process.wait_ready(f"{self.url}/-/ready")
        return self

    def __exit__(self, *_):
        self.process.end()

    def post(self, body, timeout=30):
        """(status, text) of the webhook."""
        return chain.http_call(f"{self.url}/webhook", body, {"Content-Type": "application/json",
                                                             "Authorization": f"Bearer {chain.TOKEN}"}, timeout)

    def get(self, path):
        return json.loads(chain.http_call(f"{self.url}{path}")[1])

    def sample(self, name, **labels):
        """The sum of the samples with these labels on its page."""
        page = chain.http_call(f"{self.url}/metrics")[1]
        return sum(value for found, value in chain.samples(page, name) if labels.items() <= found.items())

    def wait_for(self, condition, what, seconds=30):
        return wait_until(condition, seconds, lambda: f"{what}; its log:\n{self.process.log()[-3000:]}")
