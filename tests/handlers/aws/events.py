"""Events as AWS sends them, from tests/events."""

import base64
import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "events"
BOUNDARY = "lipgate-boundary"


def event(name: str) -> Any:
    """A fresh copy of an event."""
    return json.loads((FOLDER / f"{name}.json").read_text())


def cases(name: str) -> list[tuple[str, Any]]:
    """Names and events of a file that lists them."""
    return [(case["name"], case["event"]) for case in event(name)]


def with_body(name: str, body: bytes | dict[str, Any], **headers: str) -> dict[str, Any]:
    """An event with another body (binary ones as API Gateway sends them: in base64) and more headers."""
    made: dict[str, Any] = event(name)
    made["isBase64Encoded"] = isinstance(body, bytes)
    made["body"] = base64.b64encode(body).decode() if isinstance(body, bytes) else json.dumps(body)
    for key, value in headers.items():
        made["headers"][key.replace("_", "-")] = value
    return made


def multipart(video: bytes, session_id: str | None = None) -> bytes:
    """A form with a file, with the boundary that the events name."""
    parts = [b'Content-Disposition: form-data; name="file"; filename="clip.mp4"\r\nContent-Type: video/mp4\r\n\r\n' + video]
    if session_id:
        parts.insert(0, b'Content-Disposition: form-data; name="session_id"\r\n\r\n' + session_id.encode())
    lines = b"".join(b"--" + BOUNDARY.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    return lines + b"--" + BOUNDARY.encode() + b"--\r\n"


def batch(*messages: dict[str, Any]) -> dict[str, Any]:
    """The SQS event that Lambda makes of messages as `receive_message` gives them."""
    records = []
    for message in messages:
        (record,) = event("sqs_job")["Records"]
        record |= {"messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"], "body": message["Body"]}
        record["attributes"] |= message.get("Attributes", {})
        records.append(record)
    return {"Records": records}


def failures(answer: dict[str, Any]) -> list[str]:
    """Ids of the messages that have to come again."""
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def body_of(answer: dict[str, Any]) -> Any:
    """The JSON of an answer to an HTTP event."""
    content = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"]
    return json.loads(content)
