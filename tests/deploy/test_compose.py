"""The compose file and the Dockerfile, as far as they can be held without Docker: form, restrictions, paths, pinned
images, and the health check against a real server."""

import http.server
import pathlib
import re
import shutil
import subprocess
import threading
import unittest

import yaml

from package import ROOT, output

FOLDER = ROOT / "deploy/docker"


class Compose(unittest.TestCase):
    def setUp(self):
        self.compose = yaml.safe_load((FOLDER / "compose.yaml").read_text())
        self.services = self.compose["services"]

    def test_every_service_is_restricted_and_looked_after(self):
        self.assertEqual(set(self.services), {"exporter", "evaluator", "prometheus", "alertmanager", "grafana"})
        for name, service in self.services.items():
            self.assertTrue(service["read_only"], name)
            self.assertEqual(service["cap_drop"], ["ALL"], name)
            self.assertEqual(service["security_opt"], ["no-new-privileges:true"], name)
            self.assertNotEqual(service["user"].split(":")[0], "0", name)
            self.assertIn("mem_limit", service, name)
            self.assertIn("test", service["healthcheck"], name)
            self.assertNotIn("privileged", service, name)
            self.assertNotIn("ports", service, "the machine's network is shared; nothing may be published")
        self.assertEqual(len({self.services[name]["user"] for name in ("exporter", "evaluator")}), 2)

    def test_what_is_mounted_from_the_sources_is_there(self):
        made_by_the_user = ("./config", "./secrets/")
        for name, service in self.services.items():
            for volume in service["volumes"]:
                source, target = volume.split(":")[:2]
                if source.startswith(made_by_the_user):
                    self.assertTrue(volume.endswith(":ro"), volume)
                elif source.startswith("."):
                    self.assertTrue((FOLDER / source).resolve().exists(), f"{name}: {source}")
                    self.assertTrue(volume.endswith(":ro"), volume)
                else:
                    self.assertIn(source, self.compose["volumes"], name)
                self.assertTrue(target.startswith("/"), volume)

    def test_secrets_go_to_the_one_who_needs_them(self):
        def secrets(name):
            return {v.split(":")[0].split("/")[-1] for v in self.services[name]["volumes"] if "/secrets/" in v}
        self.assertEqual(secrets("exporter"), {"exporter_key"})
        self.assertEqual(secrets("evaluator"), {"evaluator_key", "webhook_token"})

    def test_images_are_pinned(self):
        for name, service in self.services.items():
            if name not in ("exporter", "evaluator"):
                self.assertRegex(service["image"], r":v?\d+\.\d+\.\d+$")

    def test_everything_listens_on_loopback_alone(self):
        text = (FOLDER / "compose.yaml").read_text()
        self.assertNotRegex(text, r"0\.0\.0\.0|listen-address=:")
        for name in ("prometheus", "alertmanager"):
            self.assertTrue(any(re.match(r"--web.listen-address=127\.0\.0\.1:", word)
                                for word in self.services[name]["command"]))
        self.assertEqual(self.services["grafana"]["environment"]["GF_SERVER_HTTP_ADDR"], "127.0.0.1")

    def test_the_dockerfile_ends_without_root(self):
        lines = (FOLDER / "Dockerfile").read_text().splitlines()
        users = [line.split()[1] for line in lines if line.startswith("USER ")]
        self.assertEqual(users[-1], "balancer-exporter")
        self.assertTrue(any(line.startswith("HEALTHCHECK") for line in lines))
        for line in lines:
            for source in re.findall(r"^COPY (?!--)(\S+) \S+$", line):
                self.assertTrue((ROOT / source).exists(), line)
            self.assertNotRegex(line, r"^FROM \S+:latest|^ADD ")


class Build(unittest.TestCase):
    def test_keys_and_configuration_are_no_part_of_what_is_built(self):
        """The Dockerfile copies the sources, and the keys lie in them."""
        left_out = (ROOT / ".dockerignore").read_text().split()
        never_committed = (ROOT / ".gitignore").read_text().split()
        for folder in re.findall(r"mkdir -p (\w+) (\w+)", (ROOT / "docs/docker.md").read_text())[0]:
            self.assertIn(f"deploy/docker/{folder}", left_out)
            self.assertIn(f"/deploy/docker/{folder}/", never_committed)

    def test_what_it_installs_makes_the_package_too(self):
        """The image has next to nothing: what cpack calls comes with the packages of the build, or is not there."""
        packages = output("bash", "-c", f'. "{ROOT}/deploy/lib.sh"; echo "${{BUILD_PACKAGES[@]}}"').split()
        depends = output("apt-cache", "depends", "--recurse", "--no-recommends", "--no-suggests", "--no-conflicts",
                         "--no-breaks", "--no-replaces", "--no-enhances", *packages)
        brought = {line for line in depends.splitlines() if not line.startswith(" ")}
        for tool in ("cpack", "dpkg-shlibdeps", "file", "strip"):
            owner = output("dpkg", "-S", pathlib.Path(shutil.which(tool)).resolve()).split(":")[0]
            self.assertIn(owner, brought, tool)


class Health(unittest.TestCase):
    def test_it_is_good_only_for_200(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            status = 200

            def do_GET(self):
                self.send_response(self.status if self.path == "/-/healthy" else 404)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = str(server.server_port)
        check = [str(FOLDER / "healthy"), port]
        self.assertEqual(subprocess.run(check).returncode, 0)
        Handler.status = 503
        self.assertNotEqual(subprocess.run(check).returncode, 0)
        server.shutdown()
        server.server_close()
        self.assertNotEqual(subprocess.run(check, stderr=subprocess.DEVNULL).returncode, 0)


class Grafana(unittest.TestCase):
    def test_the_provider_shows_where_the_compose_file_mounts(self):
        provider = yaml.safe_load((ROOT / "deploy/grafana/provisioning/dashboards/balancer.yaml").read_text())
        path = provider["providers"][0]["options"]["path"]
        volumes = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]["grafana"]["volumes"]
        self.assertTrue(any(volume.split(":")[1] == path for volume in volumes))


if __name__ == "__main__":
    unittest.main()
