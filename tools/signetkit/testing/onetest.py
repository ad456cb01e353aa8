# SPDX-License-Identifier: BSD-2-Clause
"""Runs one system test in a process of its own: python3 onetest.py FILE FUNCTION SECONDS.

Exit status 0 passed, 1 failed, 77 skipped (unittest.SkipTest). When its time is up, it says what hung.
"""

import importlib.util
import os
import signal
import sys
import traceback
import unittest
from pathlib import Path

FAILED, SKIPPED = 1, 77


class TimeUp(BaseException):
    """Not an Exception, so that no test swallows it. str() is what the guests last said: they stop while it passes."""


def load(path: Path):
    """The test's module; other files of its folder may be imported by it."""
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def where(error: BaseException) -> str:
    """The calls that led to an error, from the test's own file on."""
    calls = [call for call in traceback.extract_tb(error.__traceback__) if call.filename != __file__]
    inner = next((at for at, call in enumerate(calls) if "importlib" not in call.filename), 0)
    return "".join(traceback.format_list(calls[inner:]))


def main(file: str, function: str, seconds: str) -> int:
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from signetkit.guest import guest  # only findable now

    def time_up(_number, _frame) -> None:
        raise TimeUp(guest.describe_alive())

    signal.signal(signal.SIGALRM, time_up)
    signal.alarm(int(seconds))
    try:
        getattr(load(Path(file)), function)()
        return 0
    except unittest.SkipTest as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    except TimeUp as words:
        sentence = function.removeprefix("test_").replace("_", " ")
        print(f"'{sentence}' is not done after {seconds} s; it hung here:\n{where(words)}{words}")
    except BaseException as error:  # whatever a test raises is its failure
        print(where(error) + "".join(traceback.format_exception_only(error)))
    finally:
        signal.alarm(0)
        guest.stop_all()
    return FAILED


if __name__ == "__main__":
    code = main(*sys.argv[1:4])
    sys.stdout.flush()
    os._exit(code)  # a thread that a hung test left behind must not hold us
