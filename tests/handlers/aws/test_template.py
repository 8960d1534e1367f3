"""template.yaml and layers/ agree with the code they deploy."""

import importlib.util
import json
import re
import tomllib
from typing import Any

import pytest

from lipgate.core.settings import Settings
from lipgate.handlers.adapters.aws.messages import BUSY_LEASES, MARGIN_S
from lipgate.handlers.adapters.aws.settings import AwsSettings
from lipgate.handlers.settings import ServiceSettings
from tests.handlers.aws.cloud import TEMPLATE, template
from tests.handlers.aws.events import FOLDER

ROOT = TEMPLATE.parent
FUNCTIONS = ("HttpFunction", "WorkerFunction", "SweepFunction")


def resource(name: str) -> dict[str, Any]:
    """Properties of a resource."""
    properties: dict[str, Any] = template()["Resources"][name]["Properties"]
    return properties


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_command_of_a_function_is_a_handler(name: str) -> None:
    (command,) = resource(name)["ImageConfig"]["Command"]
    module, _, function = command.rpartition(".")
    spec = importlib.util.find_spec(module)
    assert spec
    assert spec.origin
    assert re.search(rf"^def {function}\(event: Any, context: Any\)", (ROOT / spec.origin).read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_variable_is_a_setting(name: str) -> None:
    fields = {f"LIPGATE_{field.upper()}" for kind in (Settings, ServiceSettings, AwsSettings) for field in kind.model_fields}
    own = resource(name).get("Environment", {}).get("Variables", {})
    everywhere = template()["Globals"]["Function"]["Environment"]["Variables"]
    assert {*own, *everywhere} <= fields
    assert {f"LIPGATE_{field.upper()}" for field in ("bucket", "queue_url", "state_table", "ledger_table", "keys_table")} <= {
        *everywhere
    }


def test_a_message_is_invisible_for_six_times_as_long_as_a_worker_may_run() -> None:
    seconds = template()["Mappings"]["Seconds"]["Worker"]
    assert seconds["Visibility"] >= 6 * seconds["Timeout"]
    assert seconds["Timeout"] > MARGIN_S


def test_a_message_about_a_job_at_work_is_not_given_up_before_the_work_ends() -> None:
    deliveries = resource("Queue")["RedrivePolicy"]["maxReceiveCount"]
    wait = BUSY_LEASES * ServiceSettings(_env_file=None).lease_seconds
    assert deliveries * wait > template()["Mappings"]["Seconds"]["Worker"]["Timeout"]


def test_a_score_ends_before_the_api_gives_up_waiting() -> None:
    score_s = float(resource("HttpFunction")["Environment"]["Variables"]["LIPGATE_PROCESSING_TIMEOUT_SECONDS"])
    assert score_s + 5 < template()["Mappings"]["Seconds"]["Http"]["Timeout"] <= 30


def test_a_job_at_work_raises_no_alarm() -> None:
    assert resource("OldMessageAlarm")["Threshold"] > template()["Mappings"]["Seconds"]["Worker"]["Timeout"]


def test_reports_outlive_their_jobs_by_more_than_a_day() -> None:
    for days, kept in template()["Mappings"]["JobDays"].items():
        assert kept["Seconds"] == int(days) * 86400
        assert kept["ReportDays"] >= int(days) + 2


def test_batches_report_each_failure_and_dead_letters_raise_an_alarm() -> None:
    event = resource("WorkerFunction")["Events"]["Messages"]["Properties"]
    assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert "MaximumConcurrency" in event["ScalingConfig"]
    assert resource("DeadLettersAlarm")["Dimensions"][0]["Value"] == {"!GetAtt": "DeadLetters.QueueName"}
    assert resource("DeadLettersAlarm")["Threshold"] == 0


def test_nobody_may_remove_from_the_ledger_or_write_keys() -> None:
    statements = resource("StorePolicy")["PolicyDocument"]["Statement"]
    by_resource: dict[str, set[str]] = {}
    for statement in statements:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        by_resource.setdefault(json.dumps(statement["Resource"]), set()).update(actions)
        assert "*" not in "".join(actions)
    assert by_resource['{"!GetAtt": "LedgerTable.Arn"}'] == {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}
    assert by_resource['{"!GetAtt": "KeysTable.Arn"}'] == {"dynamodb:GetItem"}


def test_the_lock_has_every_package_of_the_image_with_a_hash() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["api"], *(one for one in extras["aws"] if not one.startswith("lipgate"))]
    lock = (ROOT / "layers" / "requirements.lock").read_text()
    locked = dict(re.findall(r"^([a-z0-9-]+)==(\S+) \\\n    --hash=sha256:[0-9a-f]{64}", lock, re.MULTILINE))
    assert len(locked) == len(re.findall(r"^[a-z]", lock, re.MULTILINE)), "a package without a hash"
    assert {re.split(r"[<>=\[]", requirement)[0] for requirement in wanted} <= {*locked}
    assert "torch" not in locked


def test_events_are_complete_and_of_nobody() -> None:
    for path in FOLDER.glob("*.json"):
        text = path.read_text()
        assert json.loads(text)
        assert not re.search(r"AKIA[0-9A-Z]{16}", text)
