"""The scorer as an HTTP API: one process with SQLite and a folder, or AWS Lambda with S3, SQS and DynamoDB.

`domain` holds the values and rules, `ports` what it needs from outside, `adapters` the two ways to have it. `scoring` scores one
video at a time, `jobs` does so later, `http` is the face, `commands` what is typed. Importing this package is free; neither torch
nor onnxruntime is imported before a video is scored.
"""
