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


def relative_paths(text):
    """Returns ``text`` with paths in the function's folder relative to it."""
    import os

    root = os.environ.get("LAMBDA_TASK_ROOT", "")
    return text.replace(root + "/", "") if root else text


def frames_of(error):
    """Returns the formatted stack of an exception, without frames of lam, of what it calls the function with, and of
    Python's import system; the place of a syntax error is the last."""
    import sys
    import traceback

    hidden = (OWN_FOLDER, "<frozen ")
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(hidden)]
    asyncio = getattr(sys.modules.get("asyncio"), "__file__", None)
    while asyncio and frames and frames[0].filename.startswith(asyncio.rpartition("/")[0] + "/"):
        del frames[0]
    return [relative_paths(frame) for frame in traceback.format_list(frames) + place_of(error)]


def place_of(error):
    """Returns where a syntax error is, with the line and a caret, in the form of AWS's runtime; empty for others."""
    if not isinstance(error, SyntaxError) or error.filename is None:
        return []
    import traceback

    lines = traceback.format_exception_only(type(error), error)[1:]
    excerpt = "".join(line for line in lines if line.startswith("    "))
    return ['  File "%s" Line %s\n%s' % (error.filename, error.lineno, excerpt)]


def names_in(module):
    """Says which functions and classes a module defines instead of the handler."""
    own = module.__name__
    names = [name for name, value in vars(module).items() if getattr(value, "__module__", None) == own]
    return "  %s defines %s\n" % (own, ", ".join(names[:20]) or "no functions")


def looked_for(path):
    """Says where a module was looked for, and which files there are."""
    import os

    folder, _, name = path.rpartition("/")
    try:
        there = ", ".join(sorted(os.listdir(folder or "."))[:20])
    except OSError:
        there = "no such folder"
    return "  looked for: %s.py, %s/__init__.py\n  in its folder: %s\n" % (name, name, there)


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
    # Without frames there may still be a hint.
    title = "\nTraceback (most recent call last):\n" if lines.startswith("  File") else "\n"
    return head + title + lines if lines else head
