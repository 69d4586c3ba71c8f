#!/usr/bin/env python3
"""Writes aws_services.inc: services and actions that generic integrations may name.

To be run by a Python that has a recent botocore: build/third_party/moto/bin/python has one. The names are those of Step Functions:
of a service its id without blanks, of an action the operation's with a small first letter.
"""
import os
import re

import botocore.session


def name_of(service_id):
    name = re.sub(r"[^a-z0-9]", "", service_id.lower())
    name = re.sub(r"^(amazon|aws)(?=.)", "", name)
    return name[:-len("service")] if name.endswith("service") and name != "service" else name


def main():
    session = botocore.session.Session()
    loader, services = session.get_component("data_loader"), {"cloudwatchevents": None}
    for service in session.get_available_services():
        model = loader.load_service_model(service, "service-2")
        actions = [operation[0].lower() + operation[1:] for operation in model["operations"]]
        services[name_of(model["metadata"].get("serviceId", service))] = sorted(actions)
    services["cloudwatchevents"] = services["eventbridge"]
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "aws_services.inc"), "w") as file:
        for name, actions in sorted(services.items()):
            file.write('"%s %s",\n' % (name, " ".join(actions)))


main()
