#!/usr/bin/env python3
"""Writes mock_models.inc: what AWS's own model says of the answers of some integrations, one a line.

To be run by a Python that has a recent botocore: build/third_party/moto/bin/python has one. A line is the service and the action as a
resource names them, and the model of the answer as mock_model.cpp reads it. What is left out has no model there: a further action is
added here.
"""
import json
import os

import botocore.session

# The service as a resource names it, the service of botocore, the operations.
SERVICES = [
    ("sqs", "sqs", "SendMessage"),
    ("sns", "sns", "Publish"),
    ("events", "events", "PutEvents"),
    ("dynamodb", "dynamodb", "GetItem PutItem UpdateItem DeleteItem"),
    ("athena", "athena", "StartQueryExecution StopQueryExecution GetQueryExecution GetQueryResults"),
    ("batch", "batch", "SubmitJob"),
    ("glue", "glue", "StartJobRun"),
    ("aws-sdk:athena", "athena", "StartQueryExecution StopQueryExecution GetQueryExecution GetQueryResults"),
    ("aws-sdk:cloudwatch", "cloudwatch", "PutMetricData"),
    ("aws-sdk:dynamodb", "dynamodb", "BatchGetItem BatchWriteItem DeleteItem GetItem PutItem Query Scan TransactWriteItems UpdateItem"),
    ("aws-sdk:eventbridge", "events", "PutEvents"),
    ("aws-sdk:glue", "glue", "GetJobRun StartJobRun"),
    ("aws-sdk:lambda", "lambda", "GetFunctionConfiguration Invoke"),
    ("aws-sdk:s3", "s3", "CopyObject DeleteObject DeleteObjects GetObject HeadObject ListObjectsV2 PutObject"),
    ("aws-sdk:secretsmanager", "secretsmanager", "GetSecretValue PutSecretValue"),
    ("aws-sdk:sfn", "stepfunctions", "DescribeExecution StartExecution StartSyncExecution StopExecution SendTaskSuccess SendTaskFailure"),
    ("aws-sdk:sns", "sns", "Publish PublishBatch"),
    ("aws-sdk:sqs", "sqs", "DeleteMessage ReceiveMessage SendMessage SendMessageBatch"),
    ("aws-sdk:ssm", "ssm", "GetParameter GetParameters PutParameter"),
    ("aws-sdk:sts", "sts", "GetCallerIdentity"),
    ("lambda", "lambda", "Invoke"),
    ("states", "stepfunctions", "StartExecution"),
]
# Where the integration makes a document of the text that the API gives.
DOCUMENTS = {("lambda", "invoke"): "Payload", ("states", "startExecution.sync:2"): "Output"}


def pascal(name):
    return name[0].upper() + name[1:]


def model_of(shape, around=()):
    """A text for what has no parts: its type, then the bounds of its length or value, or the values; `any` ends what holds itself."""
    if shape.name in around or getattr(shape, "is_document_type", False):
        return "any"
    inside = around + (shape.name,)
    if shape.type_name == "structure":
        required = set(shape.required_members)
        return {pascal(name) + ("!" if name in required else ""): model_of(member, inside) for name, member in shape.members.items()}
    if shape.type_name == "list":
        return [model_of(shape.member, inside)]
    if shape.type_name == "map":
        return {"*": model_of(shape.value, inside)}
    if getattr(shape, "enum", None):
        return "enum " + "|".join(shape.enum)
    kind = {"timestamp": "time", "blob": "string", "long": "integer", "float": "number", "double": "number"}.get(shape.type_name, shape.type_name)
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if kind not in ("string", "integer", "number") or (least in (None, 0) and most is None):
        return kind
    return f"{kind} {least if least is not None else ''}..{most if most is not None else ''}"


def line_of(session, service, api, operation, action):
    shape = session.get_service_model(api).operation_model(operation).output_shape
    model = model_of(shape) if shape else {}
    document = DOCUMENTS.get((service, action))
    if document:
        model[document] = "any"
    return f"{service} {action} " + json.dumps(model, separators=(",", ":"))


def main():
    session, lines = botocore.session.Session(), []
    for service, api, operations in SERVICES:
        for operation in operations.split():
            lines.append(line_of(session, service, api, operation, operation[0].lower() + operation[1:]))
    # They give what the API that asks for the end gives.
    for action in ("startExecution.sync", "startExecution.sync:2"):
        lines.append(line_of(session, "states", "stepfunctions", "DescribeExecution", action))
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "mock_models.inc"), "w") as file:
        file.writelines('R"(%s)",\n' % line for line in sorted(lines))


main()
