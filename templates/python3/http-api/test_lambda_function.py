import json
import unittest
from pathlib import Path

from lambda_function import lambda_handler

EXAMPLE = json.loads(Path(__file__).with_name("events").joinpath("example.json").read_text())


def call(route_key, **members):
    """Calls the handler as the given route; gives the response and its body."""
    response = lambda_handler({**EXAMPLE, "routeKey": route_key, **members}, None)
    return response, json.loads(response["body"])


class LambdaHandlerTest(unittest.TestCase):
    def test_get_greets_by_the_name_in_the_path(self):
        response, body = call("GET /{{name}}/greetings/{name}")
        self.assertEqual(response["statusCode"], 200)
        self.assertEqual(body, {"message": "Hello Ada!"})

    def test_get_takes_the_greeting_from_the_query(self):
        _, body = call("GET /{{name}}/greetings/{name}", queryStringParameters={"greeting": "Ahoy"})
        self.assertEqual(body, {"message": "Ahoy Ada!"})

    def test_post_answers_201_with_the_place_of_the_greeting(self):
        response, _ = call("POST /{{name}}/greetings", body='{"name":"Grace Hopper"}')
        self.assertEqual(response["statusCode"], 201)
        self.assertEqual(response["headers"]["location"], "/{{name}}/greetings/Grace%20Hopper")

    def test_post_answers_400_to_a_body_that_is_not_what_it_needs(self):
        for body in ("nonsense", "{}", "null", "[]"):
            response, _ = call("POST /{{name}}/greetings", body=body)
            self.assertEqual(response["statusCode"], 400, body)

    def test_another_route_answers_404_with_a_json_error(self):
        response, body = call("$default")
        self.assertEqual(response["statusCode"], 404)
        self.assertEqual(body, {"error": "there is no /{{name}}/greetings/Ada"})


if __name__ == "__main__":
    unittest.main()
