"""Moves that are carried out, end to end: overload → alert → plan → a person's yes → moved → the load has moved → over.

One chain runs for all tests of this file, in the order of their names; each begins with what the one before left.
"""

import json
import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import Chain, http_call, samples, wait_until  # noqa: E402

# A host with a running backup takes no part in moves: here the lock is another one.
# One guest of the host that is emptied is HA's.
CLUSTER = (pathlib.Path(__file__).with_name("cluster.yaml").read_text().replace("lock: backup", "lock: snapshot")
           .replace("name: git,", "name: git, ha: true,"))
EVALUATOR = """\
  mode: approve
  limits: { quorum_pause: 0s }
"""
chain = None


def setUpModule():
    global chain
    chain = Chain(CLUSTER, EVALUATOR)
    unittest.addModuleCleanup(chain.down)
    chain.up()


class Approve(unittest.TestCase):
    def status(self):
        return json.loads(chain.evaluator_command("status", "--output", "json").stdout)

    def place(self, guest):
        return chain.lab.status()["guests"][str(guest)]["host"]

    def record(self):
        path = chain.lab.folder / "record"  # made by its first line
        return path.read_text() if path.exists() else ""

    def told(self, text):
        return [message for message in chain.receiver.messages if text in json.dumps(message)]

    def log(self):
        return chain.parts["evaluator"].log()[-4000:]

    def plans(self):
        return sum(value for _, value in samples(chain.metrics("evaluator"), "balancer_plans_total"))

    def wait_for_proposal(self):
        return wait_until(lambda: [m for m in self.status()["suggestions"] if m["state"] == "proposed"], 90,
                          lambda: f"a proposed move; {self.status()}\n{self.log()}")

    def test_1_nothing_moves_without_a_yes(self):
        proposed = self.wait_for_proposal()
        self.assertEqual([(m["guest"], m["from"], m["to"]) for m in proposed], [("lxc/103", "pve1", "pve2")])
        self.assertTrue(wait_until(lambda: self.told("balancer-evaluator approve"), 30, "how to approve it is told"))
        plans = self.plans()
        wait_until(lambda: self.plans() > plans + 3, 30, "three more plans")
        self.assertNotIn("migrate 103", self.record())

    def test_2_without_the_token_nobody_decides(self):
        plan = self.status()["plan"]["id"]
        for headers in ({}, {"Authorization": "Bearer wrong"}):
            status, _ = http_call(chain.url("evaluator", f"/api/v1/plans/{plan}/approve"), "{}", headers)
            self.assertEqual(status, 401)
        mode = os.stat(chain.folder / "state/operator_token").st_mode
        self.assertEqual(mode & 0o777, 0o600)

    def test_3_the_red_button_holds_an_approved_move(self):
        self.assertEqual(chain.evaluator_command("pause", "--reason", "looking first").returncode, 0)
        done = chain.evaluator_command("approve")
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_until(lambda: "paused" in chain.hold(), 30, lambda: f"the hold is shown; {chain.hold()}\n{self.log()}")
        self.assertNotIn("migrate 103", self.record())
        again = chain.evaluator_command("approve")
        self.assertEqual(again.returncode, 1)
        self.assertIn("already decided", again.stderr)

    def test_4_a_silence_in_the_middle_stops_it(self):
        silence = chain.amtool("silence", "add", "--duration=1h", "--author=test", "--comment=maintenance",
                               "balancer=relieve", "cluster=lab", "id=node/pve1")
        wait_until(lambda: "alert_silenced" in chain.hold(), 60, lambda: f"hold, it is {chain.hold()}")
        self.assertEqual(chain.evaluator_command("resume").returncode, 0)
        self.assertIn("cancelled: the alert for pve1 is silenced",
                      chain.evaluator_command("history", "--limit", "200").stdout)
        plans = self.plans()
        chain.amtool("silence", "expire", silence)
        wait_until(lambda: self.plans() > plans + 3, 60, "it plans again")
        self.wait_for_proposal()  # and asks again
        self.assertNotIn("migrate 103", self.record())

    def test_5_after_the_yes_it_is_moved_and_the_load_with_it(self):
        done = chain.evaluator_command("approve")
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_until(lambda: self.place(103) == "pve2", 60, lambda: f"103 is on pve2; {self.status()}\n{self.log()}")
        wait_until(lambda: self.told("Moved container 103 (db) from pve1 to pve2"), 60,
                   lambda: f"the end is told; {self.status()}\n{self.log()}")
        done = self.told("Moved container 103")[0]
        self.assertIn("pct migrate 103 pve1 --restart", done["text"])
        self.assertEqual(self.record().count("pct migrate 103"), 1, self.record())
        page = chain.metrics("evaluator")
        self.assertIn(({"result": "done"}, 1.0), samples(page, "balancer_moves_total"))
        info = samples(page, "balancer_move_info")
        self.assertEqual([(m["id"], m["from"], m["to"]) for m, _ in info], [("lxc/103", "pve1", "pve2")])
        wait_until(lambda: not self.status()["incidents"], 120,
                   lambda: f"the incident is over; {self.status()}\n{self.log()}")
        self.assertEqual(self.record().count("pct migrate"), 1)

    def test_6_what_was_decided_is_on_record(self):
        history = chain.evaluator_command("history", "--limit", "200").stdout
        for word in ("approved by", "red button", "looking first", "moving container 103"):
            self.assertIn(word, history)

    def test_7_a_host_is_emptied_and_gets_its_guests_back(self):
        def guests_of(host):
            return sorted(id for id, guest in chain.lab.status()["guests"].items() if guest["host"] == host)
        at_home = guests_of("pve3")
        done = chain.evaluator_command("drain", "pve3", "--wait", timeout=90)
        self.assertEqual((done.returncode, guests_of("pve3")), (0, []), done.stdout + done.stderr + self.log())
        self.assertIn("pve3 is empty", done.stdout)
        # The HA guest was moved by Proxmox's node maintenance, the others as ever.
        self.assertIn("lxc/122 (Proxmox's HA moves it", done.stdout)
        self.assertEqual((self.record().count("ha-maintenance enable pve3"), self.record().count("ha-migrate")), (1, 0),
                         self.record() + done.stdout + self.log())
        done = chain.evaluator_command("return", "pve3", "--wait", timeout=90)
        self.assertEqual((done.returncode, guests_of("pve3")), (0, at_home), done.stdout + done.stderr + self.log())
        self.assertEqual(self.record().count("ha-maintenance disable pve3"), 1)
        self.assertTrue(all(guest["status"] == "running" for guest in chain.lab.status()["guests"].values()))


if __name__ == "__main__":
    unittest.main()
