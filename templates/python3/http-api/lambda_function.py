import base64
import json
import traceback
from urllib.parse import quote


class RequestError(Exception):
    """What the caller did wrong; its message goes into the answer."""

    def __init__(self, status_code, message):
        super().__init__(message)
        self.status_code = status_code


def get_greeting(event):
    name = event["pathParameters"]["name"]
    greeting = event.get("queryStringParameters", {}).get("greeting", "Hello")
    return response(200, {"message": f"{greeting} {name}!"})


def create_greeting(event):
    body = body_of(event)
    name = body.get("name") if isinstance(body, dict) else None
    if not isinstance(name, str) or name == "":
        raise RequestError(400, "the body needs a text 'name'")
    return response(201, {"message": f"Hello {name}!"}, {"location": f"/{{name}}/greetings/{quote(name, safe='')}"})


# One function per route of lam.yaml. Each gets the event (payload format 2.0) and gives a response.
ROUTES = {
    "GET /{{name}}/greetings/{name}": get_greeting,
    "POST /{{name}}/greetings": create_greeting,
}


def lambda_handler(event, context):
    print(event["requestContext"]["http"]["method"], event["rawPath"])
    try:
        route = ROUTES.get(event["routeKey"])
        if route is None:
            raise RequestError(404, f"there is no {event['rawPath']}")
        return route(event)
    except RequestError as error:
        return response(error.status_code, {"error": str(error)})
    except Exception:
        traceback.print_exc()
        return response(500, {"error": "internal error"})


def body_of(event):
    text = event.get("body", "")
    try:
        return json.loads(base64.b64decode(text) if event.get("isBase64Encoded") else text)
    except ValueError:
        raise RequestError(400, "the body is not JSON") from None


def response(status_code, value, headers=None):
    return {
        "statusCode": status_code,
        "headers": {"content-type": "application/json", **(headers or {})},
        "body": json.dumps(value),
    }
