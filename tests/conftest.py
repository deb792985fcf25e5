# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of the end-to-end and fault tests."""
import inspect
import os
import pathlib
import random
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "e2e"))

import pytest  # noqa: E402

import hopthu  # noqa: E402

PER_TEST = 240 if not hopthu.FULL else 3600


def measures_time(item):
    """Nothing else may run beside a test that looks at how long hopthud took."""
    source = inspect.getsource(item.function)
    return "Probe(" in source or "longest_turn_ms" in source


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    for item in items:
        if measures_time(item):
            item.add_marker("alone")
    missing = [str(p) for p in (hopthu.HOPTHUD, hopthu.HOPTHUCTL, hopthu.SLAPD_SCRIPT)
               if not os.access(p, os.X_OK)]
    if missing and any({"world", "make_world"} & set(i.fixturenames) for i in items):
        raise pytest.UsageError("not there: %s (set HOPTHU_BUILD to the build tree)" % missing)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for w in hopthu.World.live:
            report.sections.append(("hopthud of %s" % w.dir, w.log_tail(60)))


@pytest.fixture(autouse=True)
def _guard(request):
    """A limit on time; afterwards no log of a live world may speak of a bug."""
    mark = request.node.get_closest_marker("limit")
    seconds = mark.args[0] if mark else PER_TEST

    def late(*_):
        raise hopthu.Timeout("the test took more than %d s" % seconds)

    old = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, old)
    for w in list(hopthu.World.live):
        w.check_log()


def _end(world):
    """Every world is judged before it goes, unless its test has done so or cannot."""
    try:
        if world in hopthu.World.live and not world.judged:
            if world.daemon and world.daemon.alive():
                world.judge()
        if world in hopthu.World.live:
            world.check_log()
    finally:
        world.close()


@pytest.fixture(scope="module")
def world():
    """A world that the tests of one file share; the checker judges it at the end."""
    w = hopthu.World()
    yield w
    _end(w)


@pytest.fixture
def make_world():
    """Worlds of the test's own."""
    made = []

    def make(**kw):
        w = hopthu.World(**kw)
        made.append(w)
        return w

    yield make
    errors = []
    for w in made:
        try:
            _end(w)
        except BaseException as e:  # every one must be closed
            errors.append(e)
    if errors:
        raise errors[0]


@pytest.fixture
def fresh(make_world):
    """One world of the test's own, with the usual operators."""
    return make_world()


@pytest.fixture
def rng():
    """Chance whose seed is printed: HOPTHU_SEED repeats a run."""
    seed = int(os.environ.get("HOPTHU_SEED") or random.SystemRandom().randrange(1 << 32))
    print("HOPTHU_SEED=%d" % seed)
    return random.Random(seed)
