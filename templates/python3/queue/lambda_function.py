import base64
import json


# The event has the shape of Lambda's for Amazon MQ: the messages of a batch, by queue.
def lambda_handler(event, context):
    failures = []
    for messages in event["rmqMessagesByQueue"].values():
        for message in messages:
            try:
                handle(json.loads(base64.b64decode(message["data"])))
            except Exception as error:
                # Only this message is tried again, and becomes a dead letter in the end.
                print("failed:", error)
                identifier = message["basicProperties"].get("messageId") or str(message["deliveryTag"])
                failures.append({"itemIdentifier": identifier})
    return {"batchItemFailures": failures}


def handle(order):
    """Does the work of one message. May see a message twice."""
    if not isinstance(order.get("id"), str):
        raise ValueError("an order needs an id")
    print("order", order["id"])
