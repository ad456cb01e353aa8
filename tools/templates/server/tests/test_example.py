# SPDX-License-Identifier: BSD-2-Clause
"""What example answers, asked from the shell of a system that is booted for it."""

from signetkit.guest import Guest


def test_example_answers_at_once():
    result = Guest(disk=None).run("example-ask world; example-ask")
    assert result.stdout == "Hello, world! (number 1)\nHello, you! (number 2)\n", result
    assert result.status == 0, result


def test_example_refuses_a_name_that_is_too_long():
    result = Guest(disk=None).run("example-ask " + 32 * "x")
    assert (result.status, result.stdout) == (1, ""), result
    assert result.stderr == "example-ask: an argument can never be valid\n", result
