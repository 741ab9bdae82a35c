"""Errors as AWS's Python runtime reports them."""

#: Where lam's own modules are, whose frames a function's stack trace leaves out.
OWN_FOLDER = __file__.rpartition("/")[0] + "/"
#: Most characters of an error message; a longer document would exceed the payload limit.
MESSAGE_LIMIT = 256 * 1024


class Fault(Exception):
    """An error that the bootstrap itself reports, with one of AWS's ``Runtime.*`` types."""

    def __init__(self, kind, message, trace=()):
        Exception.__init__(self, message)
        self.kind = "Runtime." + kind
        self.trace = list(trace)


def frames_of(error):
    """Returns the formatted stack of an exception, from the first frame of the function's own code on."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    while frames and frames[0].filename.startswith((OWN_FOLDER, "<frozen importlib")):
        del frames[0]
    return traceback.format_list(frames)


def error_document(error, request_id):
    """Returns AWS's error document, with its keys in AWS's order."""
    if isinstance(error, Fault):
        kind, trace = error.kind, error.trace
    else:
        kind, trace = type(error).__name__, frames_of(error)
    try:
        message = str(error)
    except Exception:
        message = "the exception raised could not be shown: its __str__ raised in turn"
    return {
        "errorMessage": message[:MESSAGE_LIMIT],
        "errorType": kind,
        "requestId": request_id,
        "stackTrace": trace[-200:],
    }


def describe(document):
    """Formats an error document as AWS prints it to the log."""
    lines = "".join(document["stackTrace"]).rstrip("\n")
    head = "[ERROR] %s: %s" % (document["errorType"], document["errorMessage"])
    return head + "\nTraceback (most recent call last):\n" + lines if lines else head
