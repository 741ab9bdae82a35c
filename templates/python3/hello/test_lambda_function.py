import unittest

from lambda_function import lambda_handler


class LambdaHandlerTest(unittest.TestCase):
    def test_greets_by_name(self):
        self.assertEqual(lambda_handler({"name": "Ada"}, None), {"message": "Hello Ada!"})

    def test_greets_by_the_name_in_the_query_of_an_http_request(self):
        event = {"rawPath": "/", "queryStringParameters": {"name": "Ada"}}
        self.assertEqual(lambda_handler(event, None), {"message": "Hello Ada!"})

    def test_greets_the_world_when_nobody_is_named(self):
        self.assertEqual(lambda_handler({}, None), {"message": "Hello world!"})


if __name__ == "__main__":
    unittest.main()
