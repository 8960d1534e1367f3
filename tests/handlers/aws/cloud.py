"""An AWS on this machine: moto's server over real HTTP, with the tables, bucket and queues of template.yaml."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import yaml

from lipgate.handlers.adapters.aws import assemble
from lipgate.handlers.adapters.aws.clients import Clients
from lipgate.handlers.adapters.aws.settings import AwsSettings
from lipgate.handlers.services import Services
from lipgate.handlers.settings import ServiceSettings

TEMPLATE = Path(__file__).parents[3] / "template.yaml"
REGION = "eu-central-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION}
# Nothing of the machine this runs on: no profile, no metadata service to ask and wait for.
ISOLATION = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}


@dataclass(frozen=True)
class Cloud:
    """Resources of one stack, empty at first."""

    settings: AwsSettings
    clients: Clients
    dead_letters_url: str

    def environment(self) -> dict[str, str]:
        """Variables of a function of this stack."""
        names = ("bucket", "queue_url", "state_table", "ledger_table", "keys_table", "aws_endpoint_url")
        values = {f"LIPGATE_{name.upper()}": str(getattr(self.settings, name)) for name in names}
        return {**CREDENTIALS, **ISOLATION, **values, "LIPGATE_THREADS": "1", "LIPGATE_SCORE_SLOTS": "1"}

    def services(self, **settings: Any) -> Services:
        """The service over this stack."""
        return assemble(ServiceSettings(**settings), self.settings, self.clients)

    def messages(self, dead: bool = False, visible_after: int = 30) -> list[dict[str, Any]]:
        """Receive all that is visible."""
        url = self.dead_letters_url if dead else self.settings.queue_url
        found: list[dict[str, Any]] = []
        while True:
            answer = self.clients.sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=visible_after,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            )
            if not answer.get("Messages"):
                return found
            found += answer["Messages"]

    def items(self, table: str) -> list[dict[str, Any]]:
        """All items of a table: state, ledger or keys."""
        name = getattr(self.settings, f"{table}_table")
        return list(self.clients.dynamodb.scan(TableName=name, ConsistentRead=True)["Items"])


@contextmanager
def moto_server() -> Iterator[str]:
    """Its address. Requests are answered one after another: moto undoes a refused transaction by putting back a copy of all
    tables, and with it what others have written meanwhile, which DynamoDB never does.
    """
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    app, alone = DomainDispatcherApplication(create_backend_app), threading.Lock()

    def one_at_a_time(environ: Any, start_response: Any) -> list[bytes]:
        with alone:
            return list(app(environ, start_response))

    server = make_server("127.0.0.1", 0, one_at_a_time, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_cloud(address: str, visibility_s: int | None = None, attempts: int = 2) -> Cloud:
    """A stack of its own: as template.yaml has it, but for names and the time a message stays invisible."""
    mark = uuid4().hex[:12]
    settings = AwsSettings(
        bucket=f"lipgate-{mark}",
        queue_url="to be made",
        state_table=f"state-{mark}",
        ledger_table=f"ledger-{mark}",
        keys_table=f"keys-{mark}",
        aws_endpoint_url=address,
        aws_attempts=attempts,
    )
    clients = _clients(address, attempts)
    for resource, name in (
        ("StateTable", settings.state_table),
        ("LedgerTable", settings.ledger_table),
        ("KeysTable", settings.keys_table),
    ):
        properties = template()["Resources"][resource]["Properties"]
        taken = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
        clients.dynamodb.create_table(TableName=name, **{key: properties[key] for key in taken if key in properties})
    clients.s3.create_bucket(Bucket=settings.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    dead = clients.sqs.create_queue(QueueName=f"dead-{mark}")["QueueUrl"]
    arn = clients.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    most = template()["Resources"]["Queue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"]
    seconds = template()["Mappings"]["Seconds"]["Worker"]["Visibility"] if visibility_s is None else visibility_s
    queue = clients.sqs.create_queue(
        QueueName=f"jobs-{mark}",
        Attributes={
            "VisibilityTimeout": str(seconds),
            "RedrivePolicy": f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": {most}}}',
        },
    )["QueueUrl"]
    return Cloud(settings.model_copy(update={"queue_url": queue}), clients, dead)


@cache
def _clients(address: str, attempts: int) -> Clients:
    """Making clients takes longer than making tables."""
    return Clients.make(AwsSettings(aws_endpoint_url=address, aws_attempts=attempts))


@cache
def template() -> dict[str, Any]:
    """template.yaml; what CloudFormation would fill in is left as `{"!Ref": "Name"}`."""

    class Loader(yaml.SafeLoader):
        """Knows the short forms of CloudFormation's functions."""

    def short_form(loader: Any, suffix: str, node: Any) -> dict[str, Any]:
        kinds = {"scalar": loader.construct_scalar, "sequence": loader.construct_sequence, "mapping": loader.construct_mapping}
        return {f"!{suffix}": kinds[node.id](node) if node.id == "scalar" else kinds[node.id](node, deep=True)}

    Loader.add_multi_constructor("!", short_form)
    return yaml.load(TEMPLATE.read_text(), Loader)  # noqa: S506 - a SafeLoader
