"""How ``logging`` prints."""

import time

from .output import STDOUT


def add_log_handler(logging, output):
    """Gives the root logger AWS's handler and format."""

    class Handler(logging.Handler):
        def emit(self, record):
            try:
                run = output.current()
                record.aws_request_id = run.request_id
                output.record(run, STDOUT, self.format(record))
            except Exception:
                self.handleError(record)

    logging.Formatter.converter = time.gmtime
    handler = Handler()
    line = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
    handler.setFormatter(logging.Formatter(line, "%Y-%m-%dT%H:%M:%S"))
    logging.getLogger().addHandler(handler)
