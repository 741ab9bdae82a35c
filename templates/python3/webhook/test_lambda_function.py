import base64
import json
import unittest
from pathlib import Path

from lambda_function import lambda_handler

EXAMPLE = json.loads(Path(__file__).with_name("events").joinpath("example.json").read_text())


class LambdaHandlerTest(unittest.TestCase):
    def test_handles_a_push(self):
        self.assertEqual(lambda_handler(EXAMPLE, None), {"ref": "refs/heads/main", "commits": 1})

    def test_handles_bodies_in_base64(self):
        event = {**EXAMPLE, "body": base64.b64encode(EXAMPLE["body"].encode()).decode(), "isBase64Encoded": True}
        self.assertEqual(lambda_handler(event, None)["commits"], 1)

    def test_ignores_other_events(self):
        event = {**EXAMPLE, "headers": {"x-github-event": "star"}}
        self.assertEqual(lambda_handler(event, None), {"ignored": "star"})


if __name__ == "__main__":
    unittest.main()
