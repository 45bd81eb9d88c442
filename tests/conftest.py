"""What every test shares: no AWS account of the person who runs it, and the servers of ``tests.lanes``."""

from __future__ import annotations

import os
from contextlib import ExitStack

import pytest
from hypothesis import settings

from tests.lanes import platforms, s3, sessions

# How long an example takes is the machine's business, which may have other work.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure(config):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    if not hasattr(config, "workerinput"):  # the controlling process, or the only one
        stack = ExitStack()
        stack.enter_context(sessions.session())
        config.add_cleanup(stack.close)


@pytest.fixture(scope="session", params=[pytest.param(name, marks=pytest.mark.server) for name in s3.LANES])
def s3_lane(request):
    """Each S3 server in turn, running; skipped where it is not installed."""
    return s3.lane(request.param)


def _running(find, mark=pytest.mark.server):
    """A fixture of one platform's facts, whose tests are marked; skipped where it is not installed."""

    @pytest.fixture(scope="session", name=find.__name__, params=[pytest.param(find, marks=mark, id=find.__name__)])
    def facts(request):
        return request.param()

    return facts


mastodon = _running(platforms.mastodon)
bluesky = _running(platforms.bluesky)
wordpress = _running(platforms.wordpress)
mediawiki = _running(platforms.mediawiki)
chromium = _running(platforms.chromium, pytest.mark.browser)
