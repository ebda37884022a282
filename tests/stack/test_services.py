"""The services alone: what they keep, what they survive, what replaces them."""

import os
import smtplib
import socket
import stat
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import psycopg
import pytest
import redis

from config.stack import AlreadyRunning, DidNotStart, Services
from config.stack.places import Places
from tests.stack.trial import Trial


def database(services: Services) -> psycopg.Connection[Any]:
    return psycopg.connect(services.environ["DATABASE_URL"], autocommit=True, connect_timeout=5)


def queues(services: Services) -> Any:
    assert services.sqs
    return boto3.client(
        "sqs",
        endpoint_url=f"http://127.0.0.1:{services.sqs.port}",
        region_name="eu-central-1",
        aws_access_key_id="anlass",
        aws_secret_access_key="anlass",
    )


class TestData:
    def test_a_second_start_finds_the_data_of_the_first(self, services: Services) -> None:
        services.start()
        database(services).execute("CREATE TABLE kept (what text)")
        redis.from_url(services.environ["REDIS_URL"]).set("kept", "yes")
        url = queues(services).create_queue(QueueName="kept")["QueueUrl"]
        queues(services).send_message(QueueUrl=url, MessageBody="still here")

        services.stop()
        services.start()

        assert database(services).execute("SELECT count(*) FROM kept").fetchone() == (0,)
        assert redis.from_url(services.environ["REDIS_URL"]).get("kept") == b"yes"
        [message] = queues(services).receive_message(QueueUrl=url)["Messages"]
        assert message["Body"] == "still here"

    def test_a_killed_database_has_every_commit_again(self, services: Services) -> None:
        services.start()
        connection = database(services)
        connection.execute("CREATE TABLE kept (number int)")
        for number in range(200):
            connection.execute("INSERT INTO kept VALUES (%s)", [number])
        assert services.postgres

        services.postgres.kill()
        services.postgres.start()

        assert database(services).execute("SELECT count(*) FROM kept").fetchone() == (200,)

    def test_an_e_mail_is_kept_as_a_file(self, services: Services) -> None:
        services.start()
        assert services.mail
        message = EmailMessage()
        message["Subject"] = "Rechnung"

        with smtplib.SMTP("127.0.0.1", services.mail.port) as server:
            server.send_message(message, "a@seller.example", "b@customer.example")

        (kept,) = services.mail.inbox.iterdir()
        assert "Subject: Rechnung" in kept.read_text()

    def test_a_killed_broker_serves_again_without_its_queues(self, services: Services) -> None:
        services.start()
        queues(services).create_queue(QueueName="lost")
        assert services.sqs

        services.sqs.kill()
        services.sqs.start()

        assert queues(services).list_queues().get("QueueUrls", []) == []

    def test_a_killed_control_plane_has_its_data_again(self, services: Services) -> None:
        services.start()
        redis.from_url(services.environ["REDIS_URL"]).set("kept", "yes")
        assert services.redis

        services.redis.kill()
        services.redis.start()

        assert redis.from_url(services.environ["REDIS_URL"]).get("kept") == b"yes"

    def test_a_fresh_start_finds_nothing(self, services: Services, trial: Trial) -> None:
        services.start()
        database(services).execute("CREATE TABLE gone ()")
        services.stop()

        with Services(trial.root, fresh=True) as anew:
            tables = database(anew).execute("SELECT to_regclass('gone')").fetchone()

        assert tables == (None,)


class TestSettings:
    def test_a_given_database_replaces_the_embedded_one(
        self, services: Services, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/anlass")

        services.start()

        assert services.postgres is None
        assert services.sqs
        assert services.redis
        assert services.environ["DATABASE_URL"] == "postgresql://elsewhere/anlass"

    def test_a_given_broker_keeps_its_own_settings(
        self, services: Services, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("BROKER_URL", "sqs://")

        services.start()

        assert services.environ["BROKER_URL"] == "sqs://"
        assert "BROKER_TLS" not in services.environ
        assert "BROKER_CREATES_QUEUES" not in services.environ

    def test_the_database_asks_for_its_password(self, services: Services) -> None:
        services.start()
        url = urlsplit(services.environ["DATABASE_URL"])

        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(url._replace(netloc=f"anlass:wrong@127.0.0.1:{url.port}").geturl())

    def test_the_database_folds_the_case_of_every_letter(self, services: Services) -> None:
        services.start()

        row = database(services).execute("SELECT lower('ÄÖÜ')").fetchone()

        assert row == ("äöü",)

    def test_secrets_are_kept_and_kept_from_others(self, trial: Trial) -> None:
        first = Places.at(trial.root).secret("a")

        again = Places.at(trial.root).secret("a")

        mode = (trial.root / "secrets" / "a").stat().st_mode
        assert (again, stat.S_IMODE(mode)) == (first, 0o600)


class TestPorts:
    def test_ports_stay_while_they_are_free(self, services: Services) -> None:
        services.start()
        first = services.environ["DATABASE_URL"]
        services.stop()

        services.start()

        assert services.environ["DATABASE_URL"] == first

    def test_a_port_that_somebody_took_is_replaced(self, services: Services) -> None:
        services.start()
        assert services.sqs
        taken = services.sqs.port
        services.stop()

        with socket.create_server(("127.0.0.1", taken)):
            services.start()

        assert services.sqs.port != taken
        assert queues(services).list_queues()


class TestRefusals:
    def test_the_second_start_says_where_the_stack_runs(
        self, services: Services, trial: Trial
    ) -> None:
        services.start()

        with pytest.raises(AlreadyRunning, match=rf"{trial.root}.*process {os.getpid()}"):
            Services(trial.root).start()

    def test_a_failing_start_leaves_nothing_and_shows_why(
        self, services: Services, trial: Trial, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PG_BIN", "/nowhere")

        with pytest.raises(DidNotStart, match="PG_BIN=/nowhere"):
            services.start()

        assert trial.processes() == []

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")
    def test_root_s_database_works_below_a_private_folder(self, tmp_path: Path, bare: None) -> None:
        tmp_path.chmod(0o700)

        with Services(tmp_path / "stack") as services:
            row = database(services).execute("SELECT 1").fetchone()

        Places.at(tmp_path / "stack").clear()
        assert row == (1,)
