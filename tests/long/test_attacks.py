"""The whole attack list of tests/deploy/attacks.py with both keys."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "deploy"))
import test_prepare_host  # noqa: E402

setUpModule = test_prepare_host.setUpModule


class WholeAttackList(test_prepare_host.PreparedHost):
    def test_nothing_on_the_attack_list_does_anything(self):
        self.attack_with(every=1)
