"""A written page in a real browser without a network."""

import os
import shutil
import warnings
from contextlib import contextmanager
from pathlib import Path

import pytest

from prunebench.reports import Report, write_report

CHROMIUM = (
    os.environ.get("PRUNEBENCH_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
)


@pytest.fixture(scope="package")
def browser():
    """Chromium, without a window."""
    if CHROMIUM is None:
        pytest.skip("needs chromium: on Debian `apt install chromium`, or name it in PRUNEBENCH_CHROMIUM")
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright, of the extra `test`")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with sync_api.sync_playwright() as driver:
            found = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            yield found
            found.close()


@pytest.fixture(scope="package")
def written_report(new_maker, tmp_path_factory) -> Report:
    """The report of a small grid with every control and a name that is markup; without figures."""
    maker = new_maker(tmp_path_factory.mktemp("browser")).config(prune={})
    (maker.folder / "config.toml").write_text(
        'name = "quick"\n[prune]\ncriteria = ["l1", "l2", "random"]\n[base]\nseeds = [0, 1]\n'
    )
    maker.grid(
        bases=(0, 1),
        criteria={"l1": 0.4, "l2": 0.5, "<b>odd</b>": 0.6, "random": 0.9},
        ratios=(0.25, 0.5),
        seeds=(0,),
    )
    shape = {"scope": "C7-C12", "finetune_scope": "tail", "ratio": 0.5, "base_seed": 0, "finetune_seed": 0}
    for name in ("l1", "l2"):
        maker.cell(signal=1.0, control="reversed", criterion=name, **shape)
    for control in ("scratch", "scratch-macs"):
        maker.cell(signal=0.9, control=control, **shape)
    return write_report([maker.write()], formats=[])


@pytest.fixture(scope="package")
def written(written_report) -> Path:
    """Its page."""
    return written_report.page


@contextmanager
def opened(browser, written):
    """The page, in a context without a network, and everything its console says."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, offline=True, accept_downloads=True
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(written.as_uri())
    yield page, said
    context.close()


@pytest.fixture
def page(browser, written):
    """A page of the test's own."""
    with opened(browser, written) as (page, said):
        yield page
    assert said == []


@pytest.fixture(scope="module")
def read_page_with_console(browser, written):
    """A page that the tests of a module share, and what its console said."""
    with opened(browser, written) as found:
        yield found


@pytest.fixture
def read_page(read_page_with_console):
    """A page for tests that leave it as they found it: opening one takes longer than most of them."""
    page, said = read_page_with_console
    yield page
    assert said == []
