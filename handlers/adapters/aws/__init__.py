"""AWS: DynamoDB for jobs, keys and the ledger, S3 for uploads, SQS for work."""

from typing import TYPE_CHECKING

from lipgate.handlers.adapters.aws.settings import AwsSettings, aws_settings
from lipgate.handlers.domain.errors import RefusedError
from lipgate.handlers.settings import ServiceSettings, service_settings

if TYPE_CHECKING:
    from lipgate.handlers.adapters.aws.agenda import Agenda
    from lipgate.handlers.adapters.aws.clients import Clients
    from lipgate.handlers.adapters.aws.queue import SqsQueue
    from lipgate.handlers.ports import KeyStore, Ledger
    from lipgate.handlers.services import Services


def aws_services(settings: ServiceSettings | None = None, aws: AwsSettings | None = None) -> "Services":
    """The services of a Lambda function, or of a server that shares its state with others. Opens no connection.

    Raises:
        ValueError: a name of a table, the bucket or the queue is not set; says which.
    """
    from lipgate.handlers.adapters.aws.clients import Clients

    settings, aws = settings or service_settings(), aws or aws_settings()
    if aws.missing:
        raise ValueError(f"Set {', '.join(aws.missing)}: template.yaml does it for Lambda.")
    return assemble(settings, aws, Clients.make(aws))


def assemble(settings: ServiceSettings, aws: AwsSettings, clients: "Clients") -> "Services":
    """Put the adapters together over given clients."""
    from lipgate.handlers.adapters.aws.agenda import Agenda
    from lipgate.handlers.adapters.aws.jobs import DynamoJobs
    from lipgate.handlers.adapters.aws.keys import DynamoKeys
    from lipgate.handlers.adapters.aws.ledger import DynamoResults
    from lipgate.handlers.adapters.aws.objects import S3Objects
    from lipgate.handlers.adapters.aws.queue import SqsQueue
    from lipgate.handlers.adapters.aws.reports import Reports
    from lipgate.handlers.adapters.aws.scratch import scratch_folder
    from lipgate.handlers.adapters.aws.table import Table
    from lipgate.handlers.services import Services, make_scorer

    state, ledger = Table(clients.dynamodb, aws.state_table), Table(clients.dynamodb, aws.ledger_table)
    queue, reports = SqsQueue(clients.sqs, aws.queue_url), Reports(clients.s3, aws.bucket)
    results, agenda = DynamoResults(state, ledger, reports), Agenda(state, queue)
    scratch = scratch_folder()
    return Services(
        settings=settings,
        jobs=DynamoJobs(state, results, reports, agenda),
        results=results,
        ledger=results,
        keys=DynamoKeys(Table(clients.dynamodb, aws.keys_table), state),
        outbox=agenda,
        objects=S3Objects(clients.s3, aws.bucket, scratch),
        queue=queue,
        # Lambda gives every request an environment of its own, and has no place for the locks of processes (/dev/shm).
        scorer=make_scorer(settings, isolate=False),
        temporary=scratch,
    )


def aws_agenda(aws: AwsSettings | None = None) -> "tuple[Agenda, SqsQueue]":
    """What is still to be done, and the queue to send it to."""
    from lipgate.handlers.adapters.aws.agenda import Agenda
    from lipgate.handlers.adapters.aws.clients import Clients
    from lipgate.handlers.adapters.aws.queue import SqsQueue
    from lipgate.handlers.adapters.aws.table import Table

    aws = aws or aws_settings()
    clients = Clients.make(aws)
    queue = SqsQueue(clients.sqs, aws.queue_url)
    return Agenda(Table(clients.dynamodb, aws.state_table), queue), queue


def aws_keys(aws: AwsSettings | None = None) -> "KeyStore":
    """The API keys alone, to be looked up."""
    from lipgate.handlers.adapters.aws.clients import Clients
    from lipgate.handlers.adapters.aws.keys import DynamoKeys
    from lipgate.handlers.adapters.aws.table import Table

    aws = aws or aws_settings()
    dynamodb = Clients.make(aws).dynamodb
    return DynamoKeys(Table(dynamodb, aws.keys_table), Table(dynamodb, aws.state_table))


def operator_stores(aws: AwsSettings | None = None) -> "tuple[KeyStore, Ledger]":
    """The API keys and the ledger, for the operator's command line, with the operator's own rights.

    Raises:
        RefusedError: bad_setting, where the ledger's table is not named.
    """
    from lipgate.handlers.adapters.aws.clients import Clients
    from lipgate.handlers.adapters.aws.keys import DynamoKeys
    from lipgate.handlers.adapters.aws.ledger import DynamoResults
    from lipgate.handlers.adapters.aws.reports import Reports
    from lipgate.handlers.adapters.aws.table import Table

    aws = aws or aws_settings()
    if not aws.ledger_table:
        raise RefusedError("bad_setting", "Set LIPGATE_LEDGER_TABLE beside LIPGATE_KEYS_TABLE.")
    clients = Clients.make(aws)
    state = Table(clients.dynamodb, aws.state_table)
    ledger = DynamoResults(state, Table(clients.dynamodb, aws.ledger_table), Reports(clients.s3, aws.bucket))
    return DynamoKeys(Table(clients.dynamodb, aws.keys_table), state), ledger
