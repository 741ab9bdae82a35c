"""Starts lam's Python bootstrap: ``python3 -I -S -B -X utf8 main.py``, Python 3.8 or newer.

The modules in this folder are loaded as a package with a private name, and the folder is never on ``sys.path``: a
function's ``faults.py`` is the function's, and no function imports a module of lam by accident. They use the standard
library only and load what few functions need when it is needed, because each import adds to every cold start.
"""

import gc
import sys

PACKAGE = "_lam_bootstrap"


def load():
    """Returns the module that holds ``main``. lam has put its byte code into this folder if the folder is writable."""
    machinery = sys.modules["_frozen_importlib"]
    spec = machinery.ModuleSpec(PACKAGE, None, is_package=True)
    spec.submodule_search_locations.append(__file__.rpartition("/")[0])
    sys.modules[PACKAGE] = machinery.module_from_spec(spec)
    # Loading modules leaves next to no garbage, so collecting would only cost time.
    gc.disable()
    __import__(PACKAGE + ".bootstrap")
    gc.enable()
    return sys.modules[PACKAGE + ".bootstrap"]


load().main()
