#!/usr/bin/env python3
"""What of a change breaks clients, and what does not. Ends with "N passed, M failed"."""
import copy
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import contract  # noqa: E402

DOCUMENT = {
    "info": {"version": "1"},
    "components": {"securitySchemes": {"token": {}}, "schemas": {"Thing": {
        "type": "object", "additionalProperties": False, "required": ["name", "kind"], "properties": {
            "name": {"type": "string"}, "kind": {"type": "string", "enum": ["a", "b"]}, "size": {"type": "integer"},
            "at": {"type": "string", "format": "date-time"}, "inner": {"$ref": "#/components/schemas/Thing"}}}}},
    "paths": {"/things": {
        "get": {"operationId": "listThings", "x-role": "viewer", "parameters": [
            {"name": "limit", "in": "query", "required": False, "schema": {"type": "integer", "minimum": 1, "maximum": 10, "default": 5}},
            {"name": "kind", "in": "query", "required": False, "schema": {"type": "string", "enum": ["a", "b"]}}],
            "responses": {"200": {"headers": {"ETag": {}}, "content": {"application/json": {"schema": {
                "type": "object", "required": ["items"], "properties": {"items": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}}}}}},
                "404": {"content": {}}}},
        "post": {"operationId": "makeThing", "x-role": "operator", "parameters": [],
                 "requestBody": {"required": False, "content": {"application/json": {"schema": {
                     "type": "object", "additionalProperties": False, "required": ["name"], "properties": {
                         "name": {"type": "string", "maxLength": 80}, "size": {"type": "integer"}, "kind": {"type": "string", "enum": ["a", "b"]}}}}}},
                 "responses": {"201": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}}}}}}

THING = "d['components']['schemas']['Thing']"
GET, POST = "d['paths']['/things']['get']", "d['paths']['/things']['post']"
BODY = POST + "['requestBody']['content']['application/json']['schema']"
BREAKING = [
    ("a path is gone", "del d['paths']['/things']"),
    ("a method is gone", "del d['paths']['/things']['post']"),
    ("an operation has another id", GET + "['operationId'] = 'getThings'"),
    ("a higher role is needed", GET + "['x-role'] = 'admin'"),
    ("a way to sign in is gone", "del d['components']['securitySchemes']['token']"),
    ("a parameter is gone", "del " + GET + "['parameters'][1]"),
    ("a parameter is required now", GET + "['parameters'][0]['required'] = True"),
    ("a new parameter is required", GET + "['parameters'].append({'name': 'x', 'in': 'query', 'required': True, 'schema': {}})"),
    ("a parameter has another default", GET + "['parameters'][0]['schema']['default'] = 6"),
    ("a parameter takes less", GET + "['parameters'][0]['schema']['maximum'] = 9"),
    ("a parameter begins later", GET + "['parameters'][0]['schema']['minimum'] = 2"),
    ("a parameter's choice is gone", GET + "['parameters'][1]['schema']['enum'] = ['a']"),
    ("a parameter has another type", GET + "['parameters'][0]['schema']['type'] = 'string'"),
    ("a body is required now", POST + "['requestBody']['required'] = True"),
    ("a body of another type", POST + "['requestBody']['content'] = {'text/plain': {'schema': {}}}"),
    ("a body's member is gone", "del " + BODY + "['properties']['size']"),
    ("a body's member is required now", BODY + "['required'].append('size')"),
    ("a body's new member is required", BODY + "['properties']['x'] = {}; " + BODY + "['required'].append('x')"),
    ("a body's text may be less long", BODY + "['properties']['name']['maxLength'] = 79"),
    ("a body's text has to have a form", BODY + "['properties']['name']['pattern'] = '^a'"),
    ("a body's choice is gone", BODY + "['properties']['kind']['enum'] = ['a']"),
    ("a success has another status", POST + "['responses']['200'] = " + POST + "['responses'].pop('201')"),
    ("an answer of another type", GET + "['responses']['200']['content'] = {'text/plain': {'schema': {}}}"),
    ("an answer's header is gone", "del " + GET + "['responses']['200']['headers']['ETag']"),
    ("an answer's member is gone", "del " + THING + "['properties']['size']"),
    ("an answer's member may be absent", THING + "['required'] = ['name']"),
    ("an answer's member has another type", THING + "['properties']['size']['type'] = 'string'"),
    ("an answer's member may be null", THING + "['properties']['size']['type'] = ['integer', 'null']"),
    ("an answer's member may be a fraction", THING + "['properties']['size']['type'] = 'number'"),
    ("an answer's member has another form", "del " + THING + "['properties']['at']['format']"),
    ("an answer's value is gone", THING + "['properties']['kind']['enum'] = ['a']"),
]
HARMLESS = [
    ("nothing", "pass"),
    ("the program has another version", "d['info']['version'] = '2'"),
    ("a new path", "d['paths']['/others'] = d['paths']['/things']"),
    ("a new method", "d['paths']['/things']['put'] = " + POST),
    ("a lower role is enough", POST + "['x-role'] = 'viewer'"),
    ("a new parameter", GET + "['parameters'].append({'name': 'x', 'in': 'query', 'schema': {'type': 'string'}})"),
    ("a parameter takes more", GET + "['parameters'][0]['schema']['maximum'] = 11"),
    ("a parameter has a further choice", GET + "['parameters'][1]['schema']['enum'].append('c')"),
    ("a body has a further member", BODY + "['properties']['x'] = {'type': 'string'}"),
    ("a body's member may be left out", BODY + "['required'] = []"),
    ("a body's text may be longer", BODY + "['properties']['name']['maxLength'] = 81"),
    ("a body's member takes null, too", BODY + "['properties']['size']['type'] = ['integer', 'null']"),
    ("a body's integer may be a fraction", BODY + "['properties']['size']['type'] = 'number'"),
    ("an answer has a further member", THING + "['properties']['x'] = {'type': 'string'}; " + THING + "['required'].append('x')"),
    ("an answer's member is always there", THING + "['required'].append('size')"),
    ("an answer's value is new", THING + "['properties']['kind']['enum'].append('c')"),
    ("an answer has a further header", GET + "['responses']['200']['headers']['X'] = {}"),
    ("a new refusal", GET + "['responses']['409'] = {}"),
    ("a refusal is gone", "del " + GET + "['responses']['404']"),
    ("another description", GET + "['description'] = 'x'"),
]
ANSWERS = [
    ({"items": [{"name": "x", "kind": "a", "size": 1}]}, True), ({"items": []}, True), ({"items": [{"name": "x"}]}, False),
    ({}, False), ({"items": [{"name": "x", "kind": "c"}]}, False), ({"items": [{"name": 1, "kind": "a"}]}, False),
    ({"items": [{"name": "x", "kind": "a", "more": 1}]}, False), ({"items": [{"name": "x", "kind": "a", "inner": {"name": "y"}}]}, False),
    ({"items": [{"name": "x", "kind": "a", "size": True}]}, False), ([], False),
]


def edited(edit):
    document = copy.deepcopy(DOCUMENT)
    exec(edit, {"d": document})
    return document


def main():
    results = []
    for name, edit in BREAKING:
        results.append((f"breaks: {name}", len(contract.breaking(DOCUMENT, edited(edit))) > 0))
    for name, edit in HARMLESS:
        found = contract.breaking(DOCUMENT, edited(edit))
        results.append((f"breaks nothing: {name} {found or ''}", not found))
    checker = contract.Checker(DOCUMENT)
    for answer, is_good in ANSWERS:
        faults = checker.faults("GET", "/things?limit=1", 200, "application/json; charset=utf-8", answer)
        results.append((f"an answer {json.dumps(answer)}", (not faults) == is_good))
    results.append(("an open object is found", contract.open_objects(edited("del " + THING + "['additionalProperties']"))
                    == ["paths//things/get/responses/200/content/application/json/schema", "schemas/Thing"]))
    for name, is_good in results:
        if not is_good:
            print("FAILED", name)
    failed = sum(not is_good for _, is_good in results)
    print(f"{len(results) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
