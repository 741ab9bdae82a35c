import base64
import json
import unittest
from pathlib import Path

from lambda_function import lambda_handler

EXAMPLE = Path(__file__).with_name("events").joinpath("example.json").read_text()


class LambdaHandlerTest(unittest.TestCase):
    def test_handles_the_messages_of_a_batch(self):
        self.assertEqual(lambda_handler(json.loads(EXAMPLE), None), {"batchItemFailures": []})

    def test_names_messages_that_fail_so_that_only_these_are_tried_again(self):
        event = json.loads(EXAMPLE)
        messages = event["rmqMessagesByQueue"]["{{name}}::/"]
        nonsense = base64.b64encode(b"nonsense").decode()
        empty = base64.b64encode(b"{}").decode()
        messages.insert(0, {"data": nonsense, "deliveryTag": 6, "basicProperties": {"messageId": "m-1"}})
        messages.insert(1, {"data": empty, "deliveryTag": 7, "basicProperties": {}})
        failures = lambda_handler(event, None)["batchItemFailures"]
        self.assertEqual(failures, [{"itemIdentifier": "m-1"}, {"itemIdentifier": "7"}])


if __name__ == "__main__":
    unittest.main()
