# SPDX-License-Identifier: BSD-2-Clause
"""Rows 14 and 40 of docs/faults.md: calls that a server held when it died are given to its successor, and nobody notices.

The system is that of test_restart.py: tests/system/programs/restart.toml.
"""

from test_restart import restarts, run


def test_an_idempotent_call_goes_to_the_next_server_and_any_other_is_interrupted():
    result = run("ask-recovering 20000 again & ask-recovering 20000 & ask-silent 300; kill recovering; wait; ps")
    assert result.stdout.count("ask-recovering: answered\n") == 1, result
    assert result.stdout.count("ask-recovering: the server died while it held the call\n") == 1, result
    assert restarts(result.stdout, "recovering") == 1, result


def test_a_call_that_kills_two_servers_is_interrupted_and_the_third_lives():
    result = run("ask-poisoned 20000 again; ask-silent 1500; ps")
    assert "ask-poisoned: the server died while it held the call\n" in result.stdout, result
    assert result.log.count("process poisoned ended") == 2 and restarts(result.stdout, "poisoned") == 2, result
