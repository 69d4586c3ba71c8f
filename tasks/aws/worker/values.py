"""Between the documents of a workflow and the values of botocore, by the service's own model."""
import base64
import datetime
import json

ANSWER_BYTES_MAX = 8 << 20  # of one stream; more would not fit into a state


class Misfit(Exception):
    """What of the parameters the service does not take."""


def compact(value, ordered=False):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=ordered)


def member_of(shape, key):
    """The member that a key means: with its first letter in either case."""
    for name in (key, key[:1].lower() + key[1:], key[:1].upper() + key[1:]):
        if name in shape.members:
            return name
    raise Misfit("The field '%s' is not supported by Step Functions" % key)


def to_structure(shape, value, field):
    if getattr(shape, "is_document_type", False):
        return value
    if not isinstance(value, dict):
        raise Misfit("The value of the field '%s' has an invalid format" % field)
    made = {}
    for key, given in value.items():
        name = member_of(shape, key)
        if given is not None:
            made[name] = to_request(shape.members[name], given, key)
    for name in shape.required_members:
        if name not in made and not shape.members[name].metadata.get("idempotencyToken"):
            raise Misfit("The field '%s' is required but was missing" % (name[:1].upper() + name[1:]))
    return made


def to_number(kind, value, field):
    try:
        return value if type(value) in (int, float) and kind is float else kind(value)
    except (TypeError, ValueError):
        raise Misfit("The value of the field '%s' has an invalid format" % field)


def to_text(value):
    """A text as it is; anything else as JSON, for services that take JSON in a text."""
    return value if isinstance(value, str) else compact(value)


def to_flag(value, field):
    if isinstance(value, bool) or value in ("true", "false"):
        return value is True or value == "true"
    raise Misfit("The value of the field '%s' has an invalid format" % field)


def to_request(shape, value, field):
    kind = shape.type_name
    if kind == "structure":
        return to_structure(shape, value, field)
    if kind in ("list", "map") and not isinstance(value, list if kind == "list" else dict):
        raise Misfit("The value of the field '%s' has an invalid format" % field)
    if kind == "list":
        return [to_request(shape.member, each, field) for each in value]
    if kind == "map":
        return {key: to_request(shape.value, each, key) for key, each in value.items()}
    if kind in ("integer", "long"):
        return to_number(int, value, field)
    if kind in ("float", "double"):
        return to_number(float, value, field)
    if kind == "boolean":
        return to_flag(value, field)
    if kind == "blob":
        return to_text(value).encode()
    return value if kind == "timestamp" else to_text(value)


def to_bytes(value):
    """What is a text, as one; else in base64."""
    if hasattr(value, "read"):
        value = value.read(ANSWER_BYTES_MAX + 1)
        if len(value) > ANSWER_BYTES_MAX:
            raise Refused("States.DataLimitExceeded", "the service answered with more than %d bytes" % ANSWER_BYTES_MAX)
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


def to_time(value, is_sdk):
    """ISO 8601 as the second SDK has it, milliseconds as the first."""
    if not isinstance(value, datetime.datetime):
        return value
    value = value.astimezone(datetime.timezone.utc)
    if not is_sdk:
        return int(value.timestamp() * 1000)
    fraction = ".%03d" % (value.microsecond // 1000) if value.microsecond else ""
    return value.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


def to_answer(shape, value, is_sdk):
    kind = shape.type_name
    if value is None or getattr(shape, "is_document_type", False):
        return value
    if kind == "structure":
        if getattr(shape, "is_eventstream", False):
            raise Refused("Stepwell.ServiceUnknown", "an answer that is a stream of events cannot be taken here")
        return {name[:1].upper() + name[1:]: to_answer(shape.members[name], each, is_sdk)
                for name, each in value.items() if name in shape.members}
    if kind == "list":
        return [to_answer(shape.member, each, is_sdk) for each in value]
    if kind == "map":
        return {key: to_answer(shape.value, each, is_sdk) for key, each in value.items()}
    if kind == "blob":
        return to_bytes(value)
    return to_time(value, is_sdk) if kind == "timestamp" else value


SPELLED = {"x-amzn-requestid": "x-amzn-RequestId"}


def add_metadata(answer, meta):
    """What optimised integrations tell of the HTTP answer."""
    headers = {}
    for name, value in meta.get("HTTPHeaders", {}).items():
        headers[SPELLED.get(name) or (name if name.startswith("x-") else name.title())] = str(value)
    answer["SdkHttpMetadata"] = {"AllHttpHeaders": {name: [value] for name, value in headers.items()},
                                 "HttpHeaders": headers, "HttpStatusCode": meta.get("HTTPStatusCode", 200)}
    answer["SdkResponseMetadata"] = {"RequestId": meta.get("RequestId", "")}
    return answer
