"""Where the AWS adapters find their tables, bucket and queue. `template.yaml` sets all of it."""

from functools import cache

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class AwsSettings(BaseSettings):
    """Names of the AWS resources. Without them there is no AWS side."""

    model_config = SettingsConfigDict(env_prefix="LIPGATE_", env_file=".env", extra="ignore", populate_by_name=True)

    bucket: str = Field("", description="S3 bucket of uploads and large reports.")
    queue_url: str = Field("", description="Address of the SQS queue of jobs.")
    state_table: str = Field("", description="DynamoDB table of jobs, results, webhooks and rates; its items expire.")
    ledger_table: str = Field("", description="DynamoDB table of the ledger; nothing is ever removed from it.")
    keys_table: str = Field("", description="DynamoDB table of API keys.")

    aws_endpoint_url: str | None = Field(None, description="Another address for S3, SQS and DynamoDB: for tests.")
    aws_attempts: int = Field(4, ge=1, le=10, description="Attempts at one call to AWS before it is given up with 503.")

    @property
    def missing(self) -> list[str]:
        """Variables that must be set and are not."""
        needed = ("bucket", "queue_url", "state_table", "ledger_table", "keys_table")
        return [f"LIPGATE_{name.upper()}" for name in needed if not getattr(self, name)]


@cache
def aws_settings() -> AwsSettings:
    """The settings of this process.

    Raises:
        pydantic.ValidationError: a variable is out of its range.
    """
    return AwsSettings()
