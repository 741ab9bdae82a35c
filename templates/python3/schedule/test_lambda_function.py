import json
import unittest
from pathlib import Path

from lambda_function import lambda_handler

EXAMPLE = json.loads(Path(__file__).with_name("events").joinpath("example.json").read_text())


class LambdaHandlerTest(unittest.TestCase):
    def test_reports_for_the_planned_time_of_a_scheduled_event(self):
        self.assertEqual(lambda_handler(EXAMPLE, None), {"job": "report", "planned": "2027-01-31T09:00:00Z"})

    def test_does_the_job_that_the_event_of_a_schedule_names(self):
        self.assertEqual(lambda_handler({"job": "cleanup"}, None)["job"], "cleanup")

    def test_fails_for_a_job_that_does_not_exist(self):
        with self.assertRaisesRegex(ValueError, "there is no job 'nothing'"):
            lambda_handler({"job": "nothing"}, None)


if __name__ == "__main__":
    unittest.main()
