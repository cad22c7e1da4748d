"""What users get: the package is built, installed into an empty environment, and its README holds there."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import venv
from pathlib import Path

import pytest

from conftest import ROOT

SDK = ROOT / "sdks/python"
BLOCKS = re.findall(r"^```python\n(.*?)^```", (SDK / "README.md").read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """An environment with the wheel that was built from the source archive."""
    directory = tmp_path_factory.mktemp("project")
    subprocess.run([sys.executable, "-m", "build", "--no-isolation", "--outdir", directory, SDK], check=True, capture_output=True)
    assert len(list(directory.glob("keystile-*.tar.gz"))) == 1
    venv.create(directory / "env", with_pip=True)
    pinned = dict(line.split("==") for line in (SDK / "requirements-test.txt").read_text().split())
    wanted = [f"{name}=={pinned[name]}" for name in ("fastapi", "uvicorn", "mypy", "flask", "django")]
    wheel = next(directory.glob("keystile-*.whl"))
    pip = [directory / "env/bin/pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, f"{wheel}[sessions]", *wanted], check=True)
    return directory


def test_the_first_example_of_the_readme_guards_an_api(project, datakeen):
    (project / "app.py").write_text(BLOCKS[0])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "KEYSTILE_SERVER": datakeen.server.url,
        "KEYSTILE_KEY": datakeen.server.bound("datakeen", "test"),
        "PYTHONUNBUFFERED": "1",
    }
    arguments = [project / "env/bin/python", "-m", "uvicorn", "app:app", "--port", str(port)]
    app = subprocess.Popen(arguments, cwd=project, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        assert any("Uvicorn running" in line for line in app.stderr)

        def call(headers):
            request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/workspace", headers=headers)
            try:
                with urllib.request.urlopen(request) as answer:
                    return answer.status, answer.read().decode()
            except urllib.error.HTTPError as error:
                return error.code, error.headers["content-type"]

        status, body = call({"authorization": f"Bearer {datakeen.publishable}"})
        assert status == 200 and datakeen.organization in body
        assert call({}) == (401, "application/problem+json")
    finally:
        app.terminate()
        app.communicate()


def test_every_example_of_the_readme_fits_the_types(project):
    assert len(BLOCKS) >= 7
    for at, code in enumerate(BLOCKS):
        prelude = "" if re.search(r"^keystile = ", code, re.MULTILINE) else "from keystile import Keystile\nkeystile: Keystile\n"
        (project / f"block{at}.py").write_text(prelude + code)
    blocks = [f"block{at}.py" for at in range(len(BLOCKS))]
    mypy = [project / "env/bin/mypy", "--check-untyped-defs", "--disable-error-code=import-untyped", "--disable-error-code=used-before-def"]
    checked = subprocess.run([*mypy, *blocks], cwd=project, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_the_package_works_without_its_optional_parts(project):
    """Neither a framework nor cryptography is loaded by the package itself."""
    code = (
        "import sys, keystile; "
        "loaded = [name for name in ('flask', 'django', 'fastapi', 'cryptography') if name in sys.modules]; "
        "assert not loaded, loaded"
    )
    subprocess.run([project / "env/bin/python", "-c", code], check=True, cwd=Path("/"))
