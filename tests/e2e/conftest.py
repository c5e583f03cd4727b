"""What the end-to-end tests stand on. Without root or Postfix they are skipped, and say so."""

import contextlib
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import postfix  # noqa: E402
from harness.gateway import Gateway, build_folder  # noqa: E402


def pytest_collection_modifyitems(items):
    trouble = postfix.available()
    if not trouble and not os.path.exists(os.path.join(build_folder(), "milter", "postern-milter")):
        trouble = f"nothing is built in {build_folder()} (POSTERN_BUILD names another folder)"
    if trouble:
        for item in items:
            item.add_marker(pytest.mark.skip(reason=trouble))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows what the programs said, and keeps the folder."""
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    stages = [value for value in item.funcargs.values() if hasattr(value, "logs")]
    for stage in stages + getattr(item, "own_gateways", []):
        stage.keep()
        for title, text in stage.logs():
            report.sections.append(("Captured stderr call", f"---- {title}\n{text}"))


@pytest.fixture(scope="module")
def gateway():
    """One gateway a file of tests, with the sample market, overviews every few seconds, no hold time."""
    with Gateway.scratch() as running:
        yield running


@pytest.fixture
def own_gateway(request):
    """A gateway of the test's own: own_gateway(settings=…) starts one; it ends with the test."""
    with contextlib.ExitStack() as stack:
        started = request.node.own_gateways = []

        def start(**keywords):
            running = Gateway.scratch(**keywords)
            started.append(running)
            stack.callback(running.leave)
            return running.start()

        yield start
