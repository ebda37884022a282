"""`python -m config.stack`: what it starts, joins, passes on, and leaves when it is killed."""

import signal
import subprocess

import psutil
import pytest

from config.stack.places import Places
from tests.stack.trial import Trial, wait_until

ASLEEP = ("exec", "--", "sleep", "600")


def guard_of(process: subprocess.Popen[str]) -> psutil.Process:
    children = psutil.Process(process.pid).children()
    return next(child for child in children if "guard.py" in " ".join(child.cmdline()))


class TestExec:
    def test_the_command_gets_the_environment_and_its_exit_code_is_passed_on(
        self, trial: Trial
    ) -> None:
        done = trial.call("exec", "--", "sh", "-c", 'echo "$DATABASE_URL"; exit 7')

        assert done.stdout.startswith("postgresql://anlass:")
        assert done.returncode == 7
        assert trial.processes() == []

    def test_a_stack_that_runs_is_joined(self, trial: Trial) -> None:
        trial.start(*ASLEEP)
        trial.await_record()
        record = Places.at(trial.root).record()
        assert record

        done = trial.call("exec", "--", "sh", "-c", 'echo "$DATABASE_URL"')

        assert done.stdout.strip() == record["environ"]["DATABASE_URL"]
        assert trial.call("status").returncode == 0

    def test_a_command_that_does_not_exist_fails_as_in_a_shell(self, trial: Trial) -> None:
        done = trial.call("exec", "--", "no-such-command")

        assert done.returncode == 127
        assert "no-such-command" in done.stderr

    def test_sigterm_ends_the_command_and_the_services(self, trial: Trial) -> None:
        running = trial.start(*ASLEEP)
        trial.await_record()

        running.send_signal(signal.SIGTERM)

        assert running.wait(30) == 143
        assert trial.processes() == []


class TestStatus:
    def test_it_says_whether_and_where_the_stack_runs(self, trial: Trial) -> None:
        before = trial.call("status")
        trial.start(*ASLEEP)
        trial.await_record()

        running = trial.call("status")

        assert before.returncode == 3
        assert "is not running" in before.stdout
        assert running.returncode == 0
        assert str(trial.root) in running.stdout

    def test_a_second_run_refuses_and_names_the_first(self, trial: Trial) -> None:
        first = trial.start(*ASLEEP)
        trial.await_record()

        second = trial.call("run")

        assert second.returncode == 1
        assert f"already running in {trial.root} (process {first.pid})" in second.stderr


class TestKill:
    def test_nothing_outlives_a_killed_stack(self, trial: Trial) -> None:
        running = trial.start(*ASLEEP)
        trial.await_record()
        command = psutil.Process(running.pid).children()[-1]

        running.kill()

        wait_until(lambda: not trial.processes() and not command.is_running(), within=10)
        assert trial.call("status").returncode == 3

    def test_the_next_start_does_not_wait_for_the_end_of_a_killed_one(self, trial: Trial) -> None:
        running = trial.start(*ASLEEP)
        trial.await_record()

        running.kill()

        assert trial.call("exec", "--", "true").returncode == 0

    @pytest.mark.slow
    def test_the_next_start_ends_what_a_killed_guard_could_not(self, trial: Trial) -> None:
        running = trial.start(*ASLEEP)
        trial.await_record()
        orphans = trial.processes()
        guard = guard_of(running)
        psutil.Process(running.pid).suspend()  # Or the guard might still see it go.
        guard.kill()
        running.kill()

        done = trial.call("exec", "--", "true")

        assert done.returncode == 0
        assert not any(orphan.is_running() for orphan in orphans)

    @pytest.mark.slow
    def test_a_killed_guard_is_replaced(self, trial: Trial) -> None:
        running = trial.start("exec", "--", "sh", "-c", "sleep 600")
        trial.await_record()
        guard_of(running).kill()

        running.send_signal(signal.SIGTERM)

        assert running.wait(30) == 143
        assert trial.processes() == []

    @pytest.mark.slow
    def test_a_start_that_is_killed_midway_leaves_nothing(self, trial: Trial) -> None:
        running = trial.start(*ASLEEP)
        wait_until(lambda: len(trial.processes()) >= 2, within=30)

        running.kill()

        wait_until(lambda: not trial.processes(), within=10)
        assert trial.call("exec", "--", "true").returncode == 0
