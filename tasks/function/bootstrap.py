"""Serves one function as the Python runtime of AWS Lambda would.

Stands behind channel.py, in one text. The header of a call says who calls, its body is the event; the
answer's header says what came of it, its body is the result or the error as JSON text.
"""
import decimal
import importlib
import json
import os
import re
import sys
import time
import traceback

TASK_ROOT = "/var/task"  # where the code seems to be, as on AWS
DEFAULT_HANDLER = "handler.handler"
INIT_MS_MAX = 10_000  # of loading the code, which does not count as the call's


class Context:
    """What a handler gets as its second argument."""

    def __init__(self, call):
        self.function_name = call["function_name"]
        self.function_version = call["function_version"]
        self.invoked_function_arn = call["function_arn"]
        self.memory_limit_in_mb = call["memory_mb"]
        self.aws_request_id = call["request_id"]
        self.log_group_name = "/aws/lambda/" + call["function_name"]
        self.log_stream_name = call["log_stream"]
        self.identity = None
        self.client_context = call.get("client_context")
        self._deadline_ms = call["deadline_ms"]

    def get_remaining_time_in_millis(self):
        return max(0, int(self._deadline_ms - time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))


class Fault(Exception):
    """A failure of the function as a whole, with the name that the runtime gives it."""

    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.kind, self.message, self.trace = kind, message, list(trace)


class Decimals:
    """Numbers as their own digits: json knows no such thing, so that they are put in afterwards."""

    def __init__(self):
        self.mark = os.urandom(12).hex()
        self.texts = []

    def spelled(self, value):
        if not value.is_finite():
            raise ValueError("Out of range decimal values are not JSON compliant: %s" % value)
        self.texts.append(str(value))
        return "%s:%d" % (self.mark, len(self.texts) - 1)

    def put_into(self, text):
        if not self.texts:
            return text
        return re.sub('"%s:([0-9]+)"' % self.mark, lambda found: self.texts[int(found[1])], text)


def to_json(value, compact):
    separators = (",", ":") if compact else (", ", ": ")
    decimals = Decimals()

    def spell(other):
        if isinstance(other, decimal.Decimal):
            return decimals.spelled(other)
        if isinstance(other, (bytes, bytearray)):
            return bytes(other).decode("utf-8")
        raise TypeError("Object of type %s is not JSON serializable" % type(other).__name__)

    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=separators, default=spell)
    return decimals.put_into(text)


def shown_path(path, folder):
    if path.startswith(folder + os.sep):
        return TASK_ROOT + path[len(folder):]
    return path


def stack_of(error, folder):
    """The frames from the handler on; neither ours nor the importer's."""
    lines = []
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename == __file__ or frame.filename.startswith("<frozen importlib"):
            continue
        text = '  File "%s", line %d, in %s\n' % (shown_path(frame.filename, folder), frame.lineno, frame.name)
        if frame.line:
            text += "    %s\n" % frame.line
        lines.append(text)
    return lines


def load(folder, handler):
    module_name, _, name = handler.rpartition(".")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module_name, error))
    except SyntaxError as error:
        place = '  File "%s" Line %s\n    %s' % (
            shown_path(error.filename or "", folder), error.lineno, (error.text or "").strip() + "\n")
        raise Fault("Runtime.UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module_name, error), [place])
    for found in (name, "lambda_handler") if handler == DEFAULT_HANDLER else (name,):
        if callable(getattr(module, found, None)):
            return getattr(module, found)
    raise Fault("Runtime.HandlerNotFound", "Handler '%s' missing on module '%s'" % (name, module_name))


def result_text(result, compact):
    """Bytes are the result's own text; what is no JSON counts as a string."""
    if isinstance(result, (bytes, bytearray)):
        text = bytes(result).decode("utf-8", "replace")
        try:
            value = json.loads(text)
        except ValueError:
            return to_json(text, compact)
        return to_json(value, True) if compact else text
    try:
        return to_json(result, compact)
    except (TypeError, ValueError, RecursionError) as error:
        raise Fault("Runtime.MarshalError", "Unable to marshal response: %s" % error)


def answer_error(call, kind, message, trace):
    error = {"errorMessage": message, "errorType": kind, "requestId": call["request_id"], "stackTrace": trace}
    send({"kind": "error", "type": kind}, to_json(error, call["compact"]).encode("utf-8", "replace"))


def load_for(call, folder, handler):
    begun = time.time()
    loaded = load(folder, handler)
    flush()
    send({"kind": "loaded"}, b"")
    call["deadline_ms"] += min(INIT_MS_MAX, (time.time() - begun) * 1000)
    return loaded


def serve_one(folder, handler, state):
    call, body = receive()
    try:
        if state.get("handler") is None:
            state["handler"] = load_for(call, folder, handler)
        event = json.loads(body)
        result = state["handler"](event, Context(call))
        text = result_text(result, call["compact"])
        size = len(result_text(result, False).encode("utf-8", "replace")) if call["compact"] else len(text)
        flush()
        send({"kind": "result", "bytes": size}, text.encode("utf-8", "replace"))
    except Fault as fault:
        flush()
        answer_error(call, fault.kind, fault.message, fault.trace)
    except Exception as error:
        flush()
        answer_error(call, type(error).__name__, str(error), stack_of(error, folder))


def main():
    folder, handler = os.path.realpath(sys.argv[1]), sys.argv[2]
    begin()
    sys.dont_write_bytecode = True
    sys.path[0] = folder
    state = {}
    while True:
        try:
            serve_one(folder, handler, state)
        except Ended:
            leave(0)
        except SystemExit as end:
            leave(end.code)
        except BaseException:
            traceback.print_exc()
            leave(1)


main()
