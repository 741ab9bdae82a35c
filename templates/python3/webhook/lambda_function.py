import base64
import json


def ping(payload):
    return {"pong": True}


def push(payload):
    print(len(payload["commits"]), "commits on", payload["ref"])
    return {"ref": payload["ref"], "commits": len(payload["commits"])}


# One function per kind of event; others are ignored.
EVENTS = {"ping": ping, "push": push}


# The signature was checked before: the request is from the sender, and new.
def lambda_handler(event, context):
    text = base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"]
    name = event["headers"].get("x-github-event")
    if name not in EVENTS:
        return {"ignored": name}
    return EVENTS[name](json.loads(text))
