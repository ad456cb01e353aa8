# SPDX-License-Identifier: BSD-2-Clause
"""signet test: runs the chosen tests two at a time, one line each, and ends with `N passed, N failed`."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..paths import build_dir, need_program
from ..plain import Problem
from . import coverage, onetest
from .testlist import Test, choose, ctest_tests, groups, system_tests, tests_beside

AT_ONCE = 2
COVERAGE = "unit/coverage"  # passed only when there is something to tell
GRACE_SECONDS = 15  # a test process says itself what hung; this is for one that cannot
RESULT = re.compile(r"^\s*\d+/\d+ Test\s+#\d+: (?P<name>\S+) \.*\s*(?P<result>\S.*?)\s+(?P<seconds>[\d.]+) sec")
TOLD_BY_THE_RESULT = ("Passed", "***Failed", "***Skipped")  # others, such as ***Timeout, are said beside `failed`
CTEST_CHATTER = re.compile(r"^\s*(Start\s+\d+: |Test project |Internal ctest|Errors while running CTest|Output from these tests)")


class Report:
    """Prints results as they come and counts them. Called from several threads."""

    def __init__(self, total: int):
        self.total = total
        self.results: dict[str, str] = {}
        self.lock = threading.Lock()

    def add(self, name: str, result: str, seconds: float, output: str = "") -> None:
        with self.lock:
            self.results[name] = result
            width = len(str(self.total))
            print(f"[{len(self.results):{width}}/{self.total}] {result:7} {seconds:7.2f} s  {name}")
            if output.strip() and result == "failed":
                print("\n".join("        " + line for line in output.strip().splitlines()))
            sys.stdout.flush()

    def count(self, result: str) -> int:
        return sum(value == result for value in self.results.values())

    def finish(self) -> int:
        failed = sorted(name for name, result in self.results.items() if result == "failed")
        if failed:
            print("\nfailed:\n" + "\n".join("    " + name for name in failed))
        skipped = self.count("skipped")
        print(f"{self.count('passed')} passed, {len(failed)} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
        return 1 if failed else 0


def run_tests(words: list[str]) -> int:
    chosen = choose(ctest_tests() + system_tests(), words)
    if not chosen:
        raise Problem(f"there are no tests; the groups are: {', '.join(groups()) or 'none'}")
    report = Report(len(chosen))
    by_ctest = [test for test in chosen if not test.file]
    if by_ctest:
        run_ctest(by_ctest, report)
    run_all_system([test for test in chosen if test.file], report)
    if report.results.get(COVERAGE) == "passed":
        print(coverage.total(build_dir(), "kernel"))
    return report.finish()


def run_tests_of(system: Path, built: Path, words: list[str]) -> int:
    """The tests of a system that is not the kit's: what they boot is in the folder `built`."""
    tests = tests_beside(system)
    for word in words:
        if not any(word in test.name for test in tests):
            raise Problem(f"no test is called '{word}'; there are: {', '.join(test.name for test in tests)}")
    chosen = [test for test in tests if not words or any(word in test.name for word in words)]
    os.environ["SIGNET_BUILD"] = str(built)
    report = Report(len(chosen))
    run_all_system(chosen, report)
    return report.finish()


def run_ctest(tests: list[Test], report: Report) -> None:
    """One ctest for all, so that its fixtures and resource locks hold; its lines are turned into ours."""
    names = "|".join(re.escape(test.name) for test in tests)
    command = [need_program("ctest"), "--test-dir", str(build_dir()), "-R", f"^({names})$", "--output-on-failure", "-j", str(AT_ONCE)]
    pending: tuple[str, str, float] | None = None  # a result whose output may still follow
    output: list[str] = []
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace") as running:
        for line in running.stdout:
            found = RESULT.match(line)
            summary = re.match(r"^\d+% tests passed, \d+ tests? failed out of \d+", line)
            if (found or summary) and pending:
                report.add(*pending, "".join(output))
                pending = None
            if summary:
                break
            if found:
                pending = (found["name"], plain_result(found["result"]), float(found["seconds"]))
                output = [] if found["result"] in TOLD_BY_THE_RESULT else [found["result"] + "\n"]
            elif not CTEST_CHATTER.match(line):
                output.append(line)
        running.stdout.read()
    if pending:
        report.add(*pending, "".join(output))
    for test in tests:
        if test.name not in report.results:
            report.add(test.name, "failed", 0.0, f"ctest did not run it:\n{''.join(output)}")


def plain_result(said: str) -> str:
    """ctest says Passed, ***Failed, ***Timeout, ***Skipped, ***Not Run, ***Exception: SegFault and more."""
    return "passed" if said == "Passed" else "skipped" if "Skipped" in said else "failed"


def run_all_system(tests: list[Test], report: Report) -> None:
    """Whatever ends the runner ends the test processes that run at that moment, and starts no more."""
    running: set[subprocess.Popen] = set()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            for done in [pool.submit(run_system, test, report, running) for test in tests]:
                done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in list(running):
                kill_group(child)
            raise


def kill_group(child: subprocess.Popen) -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run_system(test: Test, report: Report, running: set[subprocess.Popen]) -> None:
    command = [sys.executable, onetest.__file__, str(test.file), test.function, str(test.seconds)]
    started = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", cwd=Path(test.file).parent, process_group=0) as child:
        running.add(child)
        try:
            output = child.communicate(timeout=test.seconds + GRACE_SECONDS)[0]
        except subprocess.TimeoutExpired:
            kill_group(child)
            output = child.communicate()[0] + f"\nkilled: not done after {test.seconds + GRACE_SECONDS} s"
        finally:
            running.discard(child)
    result = {0: "passed", onetest.SKIPPED: "skipped"}.get(child.returncode, "failed")
    report.add(test.name, result, time.monotonic() - started, output)
