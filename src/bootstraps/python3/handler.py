"""Finds the handler, builds its context object and encodes its result."""

import json
import sys
import time


def fault(kind, message, trace=()):
    from .faults import Fault

    return Fault(kind, message, trace)


def trace_of(error):
    from .faults import frames_of

    return frames_of(error)


def load_handler(handler):
    """Returns the callable named ``pkg.mod.fn`` or ``dir/mod.fn``; raises Fault, or what the module itself raised."""
    module_name, dot, function_name = handler.rpartition(".")
    if not dot:
        reason = "not enough values to unpack (expected 2, got 1)"
        raise fault("MalformedHandlerName", "Bad handler '%s': %s" % (handler, reason))
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise fault("BuiltInModuleConflict", "Cannot use built-in module %s as a handler module" % module_name)
    dotted = module_name.replace("/", ".")
    try:
        __import__(dotted)
        module = sys.modules[dotted]
    except ImportError as error:
        from .faults import looked_for, relative_paths

        message = "Unable to import module '%s': %s" % (module_name, relative_paths(str(error)))
        trace = trace_of(error) or [looked_for(dotted.replace(".", "/"))]
        raise fault("ImportModuleError", message, trace) from error
    except SyntaxError as error:
        message = "Syntax error in module '%s': %s" % (module_name, error)
        raise fault("UserCodeSyntaxError", message, trace_of(error)) from error
    except (TypeError, ValueError) as error:
        # Names such as '.fn' and 'a..fn' are not modules; an error of the module's own code has frames of its own.
        if trace_of(error):
            raise
        raise fault("ImportModuleError", "Unable to import module '%s': %s" % (module_name, error)) from error
    try:
        return getattr(module, function_name)
    except AttributeError:
        from .faults import names_in

        message = "Handler '%s' missing on module '%s'" % (function_name, module_name)
        raise fault("HandlerNotFound", message, [names_in(module)]) from None


def plain(value):
    """Encodes types that ``json`` does not know, as AWS's runtime does."""
    decimal = sys.modules.get("decimal")
    if decimal is not None and isinstance(value, decimal.Decimal):
        return int(value) if value.is_finite() and value.as_tuple().exponent == 0 else float(value)
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


encode_json = json.JSONEncoder(ensure_ascii=False, default=plain).encode
encode_ascii_json = json.JSONEncoder(default=plain).encode


def to_json(value):
    """Returns JSON as UTF-8; escapes lone surrogates, which UTF-8 cannot encode."""
    try:
        return encode_json(value).encode()
    except UnicodeEncodeError:
        return encode_ascii_json(value).encode()


class CognitoIdentity:
    """Always empty: lam has no Cognito; the members exist for compatibility with AWS."""

    cognito_identity_id = None
    cognito_identity_pool_id = None


class LambdaContext:
    """The second argument of a handler."""

    def __init__(self, init, invocation):
        self.aws_request_id = invocation["requestId"]
        self.function_name = init["functionName"]
        self.function_version = str(init["version"])
        self.invoked_function_arn = invocation["functionArn"]
        self.memory_limit_in_mb = str(init["memoryMiB"])
        self.log_group_name = init["logGroup"]
        self.log_stream_name = init["logStream"]
        self.tenant_id = None
        self.xray_trace_id = invocation["traceId"]
        self.identity = CognitoIdentity()
        client_context = invocation.get("clientContext")
        self.client_context = None
        if client_context is not None:
            from .client_context import ClientContext

            self.client_context = ClientContext(json.loads(client_context))
        # Counted from the start of the handler, because the invocation may have been sent ahead.
        self._deadline_ms = time.time() * 1000 + init["timeoutMs"]

    def get_remaining_time_in_millis(self):
        return max(0, int(self._deadline_ms - time.time() * 1000))

    def log(self, message):
        sys.stdout.write(str(message))
