"""A headless Chromium without a network, and what it saw."""

import json
from contextlib import contextmanager
from pathlib import Path
from shutil import which

LOADED = "return document.readyState === 'complete' && location.href.split('#')[0] === arguments[0]"


def missing():
    """Why there is no browser to test with; empty where there is one."""
    programs = {"chromium": "chromium", "chromedriver": "chromium-driver"}
    lacking = [package for program, package in programs.items() if which(program) is None]
    return f"Debian's {' and '.join(lacking)} not installed" if lacking else ""


@contextmanager
def chromium():
    """A driver whose network is off, both for names and for addresses."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = which("chromium")
    for argument in (
        *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
        *("--hide-scrollbars", "--disable-background-networking", "--no-first-run"),
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(which("chromedriver")))
    try:
        driver.execute_cdp_cmd("Network.enable", {})
        driver.execute_cdp_cmd(
            "Network.emulateNetworkConditions",
            {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0},
        )
        yield driver
    finally:
        driver.quit()


def open_page(driver, path, width=1280, height=900):
    """Open a file from disk; what earlier pages logged is forgotten."""
    for kind in ("browser", "performance"):
        driver.get_log(kind)
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    from selenium.webdriver.support.wait import WebDriverWait

    address = Path(path).resolve().as_uri()
    driver.get(address)
    # On a busy machine the driver may come back before the page's own script has run.
    WebDriverWait(driver, 60).until(lambda _: driver.execute_script(LOADED, address))


def complaints(driver):
    """Everything that the console got."""
    return [entry["message"] for entry in driver.get_log("browser")]


def requests(driver):
    """Addresses that were asked for, other than the file itself and what it carries."""
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    asked = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    own = driver.current_url.split("#")[0]
    return [url for url in asked if not url.startswith("data:") and url != own]
