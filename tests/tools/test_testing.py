# SPDX-License-Identifier: BSD-2-Clause
"""signet test: which tests are chosen, how their results are told, and that a hung one is named and ended."""

import subprocess
import textwrap
import unittest

from toolbox import ToolTest

from signetkit.plain import Problem
from signetkit.testing import testing, testlist

CMAKE = """
cmake_minimum_required(VERSION 3.25)
project(pretended NONE)
enable_testing()
add_test(NAME unit/good COMMAND true)
add_test(NAME unit/bad COMMAND sh -c "echo the reason; exit 1")
add_test(NAME unit/slow COMMAND sleep 30)
add_test(NAME unit/skipped COMMAND sh -c "exit 77")
add_test(NAME unit/absent COMMAND /no/such/program)
add_test(NAME abi/long COMMAND true)
add_test(NAME system COMMAND false)
set_tests_properties(unit/good unit/bad unit/slow unit/skipped unit/absent PROPERTIES LABELS unit SKIP_RETURN_CODE 77 TIMEOUT 1)
set_tests_properties(abi/long PROPERTIES LABELS "abi;long")
set_tests_properties(system PROPERTIES LABELS system)
"""
SYSTEM = """
    import time
    import unittest

    from signetkit.guest import Guest, long, timeout


    def test_a_shell_answers():
        assert Guest(disk=None).run("hello").stdout == "hello\\n"


    @timeout(1)
    def test_the_guest_hangs():
        with Guest(disk=None) as guest:
            guest.expect("signet> ")
            time.sleep(30)


    @long
    @timeout(5)
    def test_takes_long():
        pass


    def test_says_why_it_fails():
        assert Guest(disk=None).run("a").stdout == "b", "it was not b"


    def test_has_no_hardware():
        raise unittest.SkipTest("no hardware")
"""


class TestingTest(ToolTest):
    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(setattr, testlist, "REPO", testlist.REPO)
        testlist.REPO = self.folder
        (self.folder / "tests/system").mkdir(parents=True)
        for group in ("unit", "abi"):
            (self.folder / "tests" / group).mkdir()
        (self.folder / "tests/system/test_shell.py").write_text(textwrap.dedent(SYSTEM))
        (self.folder / "CMakeLists.txt").write_text(CMAKE)
        subprocess.run(["cmake", "-S", self.folder, "-B", self.folder / "build"], capture_output=True, check=True)

    def run_tests(self, *words: str) -> tuple[int, list[str], str]:
        status, out, _ = self.captured(testing.run_tests, list(words))
        return status, out.decode().splitlines(), out.decode()

    def test_the_whole_run_counts_and_ends_with_one_plain_line(self):
        status, lines, text = self.run_tests()
        self.assertEqual((status, lines[-1]), (1, "2 passed, 5 failed, 2 skipped"), text)
        self.assertRegex(text, r"\[\d/9\] passed +\d+\.\d\d s  system/shell/a_shell_answers")
        self.assertIn("the reason", text)
        self.assertIn("it was not b", text)
        self.assertRegex(text, "failed .*unit/absent")
        self.assertRegex(text, "Timeout")

    def test_a_hung_test_is_named_with_its_guests_last_words(self):
        status, lines, text = self.run_tests("the_guest_hangs")
        self.assertEqual((status, lines[-1]), (1, "0 passed, 1 failed"))
        for wanted in ("'the guest hangs' is not done after 1 s", "time.sleep(30)", "signet>", "last line of the log"):
            self.assertIn(wanted, text)
        self.assert_nothing_left()

    def test_groups_names_and_long_ones_are_chosen(self):
        every = testlist.ctest_tests() + testlist.system_tests()
        names = lambda *words: sorted(test.name for test in testlist.choose(every, list(words)))
        self.assertEqual(len(names()), 9)
        self.assertEqual(len(names("long")), 11)
        self.assertEqual(names("abi"), [])
        self.assertEqual(names("abi", "long"), ["abi/long"])
        self.assertEqual(names("takes_long"), ["system/shell/takes_long"])
        self.assertEqual(names("unit/g*", "test_a_shell"), ["system/shell/a_shell_answers", "unit/good"])
        with self.assertRaisesRegex(Problem, "no test is called 'nonsense'; the groups are: abi, system, unit"):
            names("nonsense")

    def test_all_passed_is_status_0(self):
        self.assertEqual(self.run_tests("unit/good", "a_shell_answers")[::2][0], 0)
        self.assertEqual(self.run_tests("unit/good")[1][-1], "1 passed, 0 failed")


if __name__ == "__main__":
    unittest.main()
