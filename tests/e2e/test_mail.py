"""E-mail on a real mail server: encrypted, with a login, once; and what is said where it cannot be sent."""

import json
import pathlib
import socket
import subprocess
import tempfile
import unittest

from chain import BIN, Process, free_port, http_call, wait_until

HERE = pathlib.Path(__file__).resolve().parent


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Mail(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="balancer-mail-"))
        self.addCleanup(subprocess.run, ["rm", "-rf", str(self.folder)], check=False)
        self.certificate, self.key = self.folder / "cert.pem", self.folder / "key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(self.key), "-out",
             str(self.certificate)], check=True, capture_output=True)
        self.mail_port, self.port, nobody = free_port(), free_port(), free_port()
        for name, text in {"password": "sesame", "token": "t"}.items():
            path = self.folder / name
            path.write_text(text)
            path.chmod(0o600)
        self.lines = {
            "cluster": "lab",
            "proxmox_hosts": [{"name": "pve1", "address": "127.0.0.1", "key_path": str(self.key)}],
            "prometheus": {"url": f"http://127.0.0.1:{nobody}"},
            "alertmanager": {"urls": [f"http://127.0.0.1:{nobody}"]},
            "exporter": {"listen": f"127.0.0.1:{nobody}"},
            "evaluator": {"listen": f"127.0.0.1:{self.port}", "interval": "1s",
                          "state_directory": str(self.folder / "state"),
                          "webhook": {"bearer_token_file": str(self.folder / "token")}},
        }
        self.mail = {"name": "mail", "server": f"127.0.0.1:{self.mail_port}", "from": "balancer@example.org",
                     "to": ["a@example.org", "b@example.org"], "user": "balancer",
                     "password_file": str(self.folder / "password"), "ca_file": str(self.certificate)}

    def run_server(self, security):
        server = Process("mail", self.folder, "/usr/bin/python3", HERE / "mail_server.py", self.mail_port,
                         self.certificate, self.key, security)
        server.start()
        self.addCleanup(server.end)
        wait_until(lambda: answers(self.mail_port), 30, lambda: f"the mail server listens: {server.log()}")
        return server

    def run_evaluator(self):
        config = self.folder / "config.yaml"
        config.write_text(json.dumps({**self.lines, "notify": {"emails": [self.mail]}}))  # JSON is YAML
        evaluator = Process("evaluator", self.folder, BIN / "balancer-evaluator", "serve", "--config", config)
        evaluator.start()
        self.addCleanup(evaluator.end)
        evaluator.wait_ready(f"http://127.0.0.1:{self.port}/-/ready")
        return evaluator

    def alert(self, name, fingerprint="ab"):
        status, text = http_call(f"http://127.0.0.1:{self.port}/webhook", json.dumps({
            "version": "4", "receiver": "balancer", "alerts": [{
                "status": "firing", "labels": {"alertname": name}, "annotations": {"summary": "Größe <b>"},
                "startsAt": "2026-11-22T16:43:30Z", "endsAt": "0001-01-01T00:00:00Z", "fingerprint": fingerprint}]}),
            {"Authorization": "Bearer t", "Content-Type": "application/json"})
        self.assertEqual(status, 200, text)

    def deliveries(self):
        _, text = http_call(f"http://127.0.0.1:{self.port}/api/v1/messages")
        return [d for d in json.loads(text)["messages"] if d["sink"] == "mail"]

    def refusal(self):
        def failed():
            return next((d["last_error"] for d in self.deliveries() if d["last_error"]), None)
        return wait_until(failed, 30, lambda: f"a refusal: {self.deliveries()}")

    def test_a_message_arrives_encrypted_and_once(self):
        server = self.run_server("starttls")
        self.run_evaluator()
        self.alert("DiskBroken")
        wait_until(lambda: any(d["state"] == "sent" for d in self.deliveries()), 30, lambda: str(self.deliveries()))
        mails = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
        self.assertEqual(len(mails), 1)
        self.assertTrue(mails[0]["encrypted"])
        self.assertEqual(mails[0]["to"], ["a@example.org", "b@example.org"])
        self.assertIn("[lab]", mails[0]["subject"])
        self.assertIn("DiskBroken", mails[0]["subject"])
        self.assertIn("Größe <b>", mails[0]["text"])

    def test_without_encryption_nothing_is_sent(self):
        server = self.run_server("none")
        self.run_evaluator()
        self.alert("DiskBroken")
        self.assertIn("no STARTTLS", self.refusal())
        self.assertNotIn('"subject"', server.log())

    def test_a_wrong_password_is_named_and_not_shown(self):
        (self.folder / "password").write_text("canary")
        self.run_server("starttls")
        evaluator = self.run_evaluator()
        self.alert("DiskBroken")
        said = self.refusal()
        self.assertIn("refuses user and password", said)
        self.assertNotIn("canary", said + evaluator.log())

    def test_a_certificate_of_nobody_is_refused(self):
        del self.mail["ca_file"]
        server = self.run_server("starttls")
        self.run_evaluator()
        self.alert("DiskBroken")
        self.assertIn("certificate", self.refusal())
        self.assertNotIn('"subject"', server.log())


if __name__ == "__main__":
    unittest.main()
