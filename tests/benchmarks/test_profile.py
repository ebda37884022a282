"""What `make profile` counts of a worker's samples."""

from pathlib import Path

from benchmarks.profile import TASK, functions

START = "main (celery/bin/celery.py:1)"
TASKS = TASK.replace(".py)", ".py:564)")


def test_samples_are_counted_by_function_whatever_the_line_and_only_in_tasks(
    tmp_path: Path,
) -> None:
    stacks = tmp_path / "stacks"
    stacks.write_text(
        f"{START} 7\n"
        f"{START};{TASKS};bill (invoices/issuing/tasks.py:9);wait (psycopg/c.py:3) 30\n"
        f"{START};{TASKS};bill (invoices/issuing/tasks.py:11) 10\n"
    )

    told = list(functions(stacks))

    assert "\nSamples of the second worker: 40 in tasks, 7 at its start and beside" in told
    assert "  75.0%  wait (psycopg/c.py)" in told
    assert "  25.0%  bill (invoices/issuing/tasks.py)" in told
    assert " 100.0%  bill (invoices/issuing/tasks.py)" in told
