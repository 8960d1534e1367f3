"""DynamoDB does what every store must do."""

import pytest

from lipgate.handlers.ports import JobStore, KeyStore, Ledger, Outbox, Results
from tests.handlers.adapters.job_contract import JobContract
from tests.handlers.adapters.record_contract import RecordContract
from tests.handlers.adapters.stores import Stores
from tests.handlers.aws.cloud import Cloud


class TestDynamoDb(JobContract, RecordContract):
    @pytest.fixture
    def stores(self, cloud: Cloud) -> Stores:
        services = cloud.services()
        jobs: JobStore = services.jobs
        results: Results = services.results
        ledger: Ledger = services.ledger
        keys: KeyStore = services.keys
        outbox: Outbox = services.outbox
        return Stores(jobs, results, ledger, keys, outbox)
