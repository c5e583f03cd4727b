"""Faults are injected into the same programs that the end-to-end tests run."""

import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

from harness import gateway as gateways  # noqa: E402
from harness import postfix  # noqa: E402


def pytest_collection_modifyitems(items):
    trouble = postfix.available()
    if not trouble and not os.path.exists(os.path.join(gateways.build_folder(), "ctl", "postern")):
        trouble = f"nothing is built in {gateways.build_folder()} (POSTERN_BUILD names another folder)"
    if trouble:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=trouble))


@pytest.fixture(scope="session")
def fault_library(tmp_path_factory):
    """fault.c, compiled."""
    here = os.path.dirname(os.path.abspath(__file__))
    library = os.path.join(gateways.scratch_folder(), "fault.so")
    subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-O1", "-fPIC", "-shared", "-o", library,
                    os.path.join(here, "fault.c"), "-ldl"], check=True)
    yield library
    os.unlink(library)
    os.rmdir(os.path.dirname(library))
