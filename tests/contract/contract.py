"""The contract of the API: what may be changed in it, and whether answers keep it.

breaking(kept, printed) names every way in which a client of the kept OpenAPI document would break with the printed one.
Checker(document).faults(...) names every way in which an answer does not fit what its route declares.
"""
import json
import re

METHODS = ("get", "put", "post", "delete", "patch")
LIMITS_MIN = ("minimum", "minLength", "minItems")
LIMITS_MAX = ("maximum", "maxLength", "maxItems")


def types_of(schema):
    types = schema.get("type")
    return None if types is None else {types} if isinstance(types, str) else set(types)


class Comparison:
    """A request may be asked for less and an answer may say more, never the other way round."""

    def __init__(self, kept, printed):
        self.kept, self.printed, self.faults, self.seen = kept, printed, [], set()

    def fault(self, place, text):
        self.faults.append(f"{place}: {text}")

    @staticmethod
    def resolved(document, schema):
        if not isinstance(schema, dict):
            return {}
        if "$ref" in schema:
            return document["components"]["schemas"].get(schema["$ref"].rsplit("/", 1)[1], {})
        return schema

    def documents(self):
        schemes = self.printed.get("components", {}).get("securitySchemes", {})
        for name in self.kept.get("components", {}).get("securitySchemes", {}):
            if name not in schemes:
                self.fault("securitySchemes", f"'{name}' is gone")
        for path, methods in self.kept["paths"].items():
            for method in methods:
                place = f"{method.upper()} {path}"
                now = self.printed["paths"].get(path, {}).get(method)
                if now is None:
                    self.fault(place, "is gone")
                else:
                    self.operation(place, methods[method], now)
        return self.faults

    def operation(self, place, old, new):
        if old.get("operationId") != new.get("operationId"):
            self.fault(place, f"operationId '{old.get('operationId')}' is now '{new.get('operationId')}'")
        roles = ["none", "viewer", "operator", "editor", "admin"]
        if roles.index(new.get("x-role", "none")) > roles.index(old.get("x-role", "none")):
            self.fault(place, f"needs the role {new['x-role']} now")
        self.parameters(place, old.get("parameters", []), new.get("parameters", []))
        self.body(place, old.get("requestBody"), new.get("requestBody"))
        self.responses(place, old["responses"], new["responses"])

    def parameters(self, place, old, new):
        was, now = ({(p["in"], p["name"]): p for p in each} for each in (old, new))
        for key in was:
            at = f"{place} {key[0]} parameter '{key[1]}'"
            if key not in now:
                self.fault(at, "is gone")
                continue
            if now[key].get("required") and not was[key].get("required"):
                self.fault(at, "is required now")
            if was[key]["schema"].get("default") != now[key]["schema"].get("default"):
                self.fault(at, "has another default")
            self.schema(at, was[key]["schema"], now[key]["schema"], True)
        for key in now.keys() - was.keys():
            if now[key].get("required"):
                self.fault(f"{place} {key[0]} parameter '{key[1]}'", "is new and required")

    def body(self, place, old, new):
        if new is None or old is None:
            if (new or {}).get("required"):
                self.fault(place, "a body is required now")
            elif old is not None:
                self.fault(place, "takes no body any more")
            return
        if new.get("required") and not old.get("required"):
            self.fault(place, "the body is required now")
        for media, content in old["content"].items():
            if media not in new["content"]:
                self.fault(place, f"takes no {media} any more")
            else:
                self.schema(f"{place} body", content["schema"], new["content"][media]["schema"], True)

    def responses(self, place, old, new):
        for status, answer in old.items():
            at = f"{place} {status}"
            if status not in new:
                if status < "400":
                    self.fault(at, "is not answered any more")
                continue
            for name in answer.get("headers", {}):
                if name not in new[status].get("headers", {}):
                    self.fault(at, f"the header {name} is gone")
            for media, content in answer.get("content", {}).items():
                if media not in new[status].get("content", {}):
                    self.fault(at, f"{media} is gone")
                else:
                    self.schema(at, content["schema"], new[status]["content"][media]["schema"], False)
        for status in new.keys() - old.keys():
            if status < "400" and status != "304":
                self.fault(f"{place} {status}", "is a new kind of success")

    def schema(self, place, old, new, is_request):
        if not isinstance(old, dict) or not isinstance(new, dict):
            return
        pair = (json.dumps(old, sort_keys=True), json.dumps(new, sort_keys=True), is_request)
        if old.get("$ref") and pair in self.seen:
            return
        self.seen.add(pair)
        old, new = self.resolved(self.kept, old), self.resolved(self.printed, new)
        self.types(place, types_of(old), types_of(new), is_request)
        self.choices(place, old.get("enum"), new.get("enum"), is_request)
        self.limits(place, old, new, is_request)
        if old.get("format") != new.get("format") or old.get("pattern") != new.get("pattern"):
            if is_request and (new.get("format") or new.get("pattern")) or not is_request and old.get("format") != new.get("format"):
                self.fault(place, "has another form")
        self.members(place, old, new, is_request)
        if "items" in old and "items" in new:
            self.schema(place + "[]", old["items"], new["items"], is_request)
        if isinstance(old.get("additionalProperties"), dict) and isinstance(new.get("additionalProperties"), dict):
            self.schema(place + ".*", old["additionalProperties"], new["additionalProperties"], is_request)
        for word in ("allOf", "oneOf", "anyOf"):
            if len(old.get(word, [])) != len(new.get(word, [])):
                self.fault(place, f"{word} has other parts")
            for one, other in zip(old.get(word, []), new.get(word, [])):
                self.schema(place, one, other, is_request)

    def types(self, place, old, new, is_request):
        widened = lambda types: None if types is None else types | ({"integer"} if "number" in types else set())
        taken, given = (widened(old), widened(new)) if is_request else (widened(new), widened(old))
        # In a request all that was taken has to be taken; in an answer all that comes has to be known.
        if given is not None and (taken is None or not taken <= given):
            self.fault(place, f"the type {sorted(old or ['any'])} is now {sorted(new or ['any'])}")

    def choices(self, place, old, new, is_request):
        if old == new:
            return
        if is_request:
            lost = [] if new is None else ["any"] if old is None else [x for x in old if x not in new]
            if lost:
                self.fault(place, f"takes {lost} no more")
        elif old is not None:
            gone = [] if new is None else [x for x in old if x not in new]
            if gone:
                self.fault(place, f"the values {gone} are gone")

    def limits(self, place, old, new, is_request):
        if not is_request:
            return
        for words, is_tighter in ((LIMITS_MIN, lambda a, b: b > (a if a is not None else float("-inf"))),
                                  (LIMITS_MAX, lambda a, b: b < (a if a is not None else float("inf")))):
            for word in words:
                if new.get(word) is not None and is_tighter(old.get(word), new[word]):
                    self.fault(place, f"{word} is {new[word]} now")

    def members(self, place, old, new, is_request):
        was, now = old.get("properties", {}), new.get("properties", {})
        for name in was:
            if name not in now:
                self.fault(f"{place}.{name}", "is gone")
            else:
                self.schema(f"{place}.{name}", was[name], now[name], is_request)
        if is_request:
            for name in set(new.get("required", [])) - set(old.get("required", [])):
                self.fault(f"{place}.{name}", "is required now")
            if new.get("additionalProperties") is False and old.get("additionalProperties") is not False and "type" in old:
                self.fault(place, "takes no further members any more")
        else:
            for name in set(old.get("required", [])) - set(new.get("required", [])):
                if name in now:
                    self.fault(f"{place}.{name}", "may be absent now")


def breaking(kept, printed):
    """What breaks clients, a line each; nothing: only additions."""
    return Comparison(kept, printed).documents()


def without_version(document):
    """What is kept: all but the version of the program that printed it."""
    return {**document, "info": {**document["info"], "version": "v1"}}


def as_text(document):
    return json.dumps(without_version(document), indent=1, ensure_ascii=False) + "\n"


def is_type(value, name):
    return {"object": lambda: isinstance(value, dict), "array": lambda: isinstance(value, list), "string": lambda: isinstance(value, str),
            "boolean": lambda: isinstance(value, bool), "null": lambda: value is None,
            "number": lambda: isinstance(value, (int, float)) and not isinstance(value, bool),
            "integer": lambda: isinstance(value, int) and not isinstance(value, bool)}[name]()


class Checker:
    def __init__(self, document):
        self.document = document
        self.routes = [(re.compile("^" + re.sub(r"\{\w+\}", "[^/]+", re.escape(path).replace(r"\{", "{").replace(r"\}", "}")) + "$"), methods)
                       for path, methods in sorted(document["paths"].items(), key=lambda item: item[0].count("{"))]

    def faults(self, method, target, status, media, body):
        """Of a JSON answer; what is no route of the document is not looked at."""
        path = target.partition("?")[0]
        methods = next((methods for route, methods in self.routes if route.match(path)), {})
        operation = methods.get(method.lower())
        if operation is None or path == "/":
            return []
        # What the door says of itself (401, 404 of a path, 413, ...) has the form of every problem.
        declared = operation["responses"].get(str(status))
        if declared is None:
            return [] if status >= 400 else [f"{method} {path}: {status} is not declared"]
        content = declared.get("content", {}).get(media.partition(";")[0])
        if content is None:
            return [f"{method} {path} {status}: {media} is not declared"] if body not in (None, "") else []
        return [f"{method} {path} {status}{fault}" for fault in self.check(content["schema"], body)]

    def check(self, schema, value, place=""):
        schema = Comparison.resolved(self.document, schema)
        if "oneOf" in schema:
            return [] if any(not self.check(one, value) for one in schema["oneOf"]) else [f"{place}: fits none of oneOf"]
        faults = [fault for part in schema.get("allOf", []) for fault in self.check(part, value, place)]
        types = types_of(schema)
        if types and not any(is_type(value, name) for name in types):
            return faults + [f"{place}: expected {sorted(types)}, but got {json.dumps(value)[:80]}"]
        if "enum" in schema and value not in schema["enum"]:
            faults.append(f"{place}: expected one of {schema['enum']}, but got {value!r}")
        if isinstance(value, dict):
            faults += [f"{place}.{name}: is missing" for name in schema.get("required", []) if name not in value]
            rest = schema.get("additionalProperties", True)
            for name, member in value.items():
                if name in schema.get("properties", {}):
                    faults += self.check(schema["properties"][name], member, f"{place}.{name}")
                elif rest is False:
                    faults.append(f"{place}.{name}: is not declared")
                elif isinstance(rest, dict):
                    faults += self.check(rest, member, f"{place}.{name}")
        if isinstance(value, list) and "items" in schema:
            for index, member in enumerate(value):
                faults += self.check(schema["items"], member, f"{place}[{index}]")
        return faults


def open_objects(document):
    """Where a schema is an object that says neither which members it has nor that any may be there."""
    found = []

    def look(node, place):
        if isinstance(node, list):
            for index, each in enumerate(node):
                look(each, f"{place}/{index}")
        elif isinstance(node, dict):
            if "object" in (types_of(node) or ()) and "additionalProperties" not in node:
                found.append(place)
            for name, each in node.items():
                if name not in ("example", "examples", "default", "enum"):
                    look(each, f"{place}/{name}")

    look(document.get("paths", {}), "paths")
    look(document.get("components", {}).get("schemas", {}), "schemas")
    return found
