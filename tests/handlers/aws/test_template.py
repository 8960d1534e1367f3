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
FUNCTIONS = ("ApiFunction", "AuthorizerFunction", "HttpFunction", "WorkerFunction", "SweepFunction")


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


def test_no_stranger_gets_to_the_function_that_scores() -> None:
    events = {name: list(resource(name).get("Events", {}).values()) for name in FUNCTIONS}
    reached = [event["Properties"] for event in events["HttpFunction"]]
    assert [(route["Method"], route["Path"], route["Auth"]["Authorizer"]) for route in reached] == [
        ("POST", "/score", "KeyAuthorizer")
    ]
    known = resource("Api")["Auth"]["Authorizers"]["KeyAuthorizer"]
    assert known["FunctionArn"] == {"!GetAtt": "AuthorizerFunction.Arn"}
    assert known["EnableSimpleResponses"] is True
    assert known["Identity"]["ReauthorizeEvery"] == 0
    assert resource("AuthorizerFunction")["MemorySize"] <= resource("ApiFunction")["MemorySize"] <= 512


def test_every_log_is_kept_for_so_long_and_no_longer() -> None:
    logs = {name for name, one in template()["Resources"].items() if one["Type"] == "AWS::Logs::LogGroup"}
    assert all(resource(name)["RetentionInDays"] == {"!Ref": "LogDays"} for name in logs)
    used = {resource(name)["LoggingConfig"]["LogGroup"]["!Ref"] for name in FUNCTIONS}
    access = resource("Api")["AccessLogSettings"]
    assert access["DestinationArn"] == {"!GetAtt": "AccessLog.Arn"}
    assert logs == {*used, "AccessLog"}
    assert not re.search(r"\$context\.(path|http)", access["Format"]), "a path holds ids"
    assert json.loads(access["Format"])["status"] == "$context.status"


def test_only_the_bucket_of_this_stack_may_tell_of_uploads() -> None:
    (allowed,) = [one for one in resource("QueuePolicy")["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"]
    assert allowed["Condition"]["StringEquals"] == {"aws:SourceAccount": {"!Ref": "AWS::AccountId"}}
    arn, values = allowed["Condition"]["ArnEquals"]["aws:SourceArn"]["!Sub"]
    name, same = resource("Bucket")["BucketName"]["!Sub"]
    assert arn == "arn:${AWS::Partition}:s3:::" + name
    assert values == same


def test_alarms_are_encrypted_by_a_key_they_may_use() -> None:
    assert resource("AlarmTopic")["KmsMasterKeyId"] == {"!Ref": "AlarmKey"}
    statements = resource("AlarmKey")["KeyPolicy"]["Statement"]
    (alarms,) = [one for one in statements if one["Principal"] == {"Service": "cloudwatch.amazonaws.com"}]
    assert alarms["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    actions = {name for name, one in template()["Resources"].items() if one["Type"] == "AWS::CloudWatch::Alarm"}
    assert all("!If" in resource(name)["AlarmActions"] for name in actions)


def test_the_licence_of_ffmpeg_goes_with_it() -> None:
    """Into the image, the wheel and the frozen program."""
    from lipgate.desktop.frozen.build import data_files

    notices = (ROOT / "NOTICES.md").read_text()
    for word in ("GNU General Public", "version 3", "Source", "imageio-ffmpeg"):
        assert word in notices
    assert re.search(r"^COPY .*\bNOTICES\.md\b.* \./$", (ROOT / "layers" / "Dockerfile").read_text(), re.MULTILINE)
    assert "NOTICES.md" in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["license-files"]
    assert (str(ROOT / "NOTICES.md"), "licences") in data_files(ROOT)
