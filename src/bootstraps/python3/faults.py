"""Errors as AWS's Python runtime reports them."""

#: Where lam's own modules are, whose frames a function's stack trace leaves out.
OWN_FOLDER = __file__.rpartition("/")[0] + "/"
#: Most characters of an error's message, which would else be refused for its size.
MESSAGE_LIMIT = 256 * 1024


class Fault(Exception):
    """An error of AWS's ``Runtime.*`` kinds, which the bootstrap itself reports."""

    def __init__(self, kind, message, trace=()):
        Exception.__init__(self, message)
        self.kind = "Runtime." + kind
        self.trace = list(trace)


def frames_of(error):
    """The stack of an exception as AWS has it, beginning where the function's own code does."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    while frames and frames[0].filename.startswith((OWN_FOLDER, "<frozen importlib")):
        del frames[0]
    return traceback.format_list(frames)


def error_document(error, request_id):
    """AWS's error document, in its order of keys."""
    if isinstance(error, Fault):
        kind, trace = error.kind, error.trace
    else:
        kind, trace = type(error).__name__, frames_of(error)
    try:
        message = str(error)
    except Exception:
        message = "the exception raised could not be shown: its __str__ raised in turn"
    return {"errorMessage": message[:MESSAGE_LIMIT], "errorType": kind, "requestId": request_id, "stackTrace": trace[-200:]}


def describe(document):
    """An error document as a log record, as AWS prints it."""
    lines = "".join(document["stackTrace"]).rstrip("\n")
    head = "[ERROR] %s: %s" % (document["errorType"], document["errorMessage"])
    return head + "\nTraceback (most recent call last):\n" + lines if lines else head
