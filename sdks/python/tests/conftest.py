"""What the tests need: a real Keystile with a product, and servers that misbehave."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import threading
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from keystile import Keystile

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = os.environ.get("TRIED_PROGRAM", str(ROOT / "target/debug/keystile"))
ISSUER = "https://keys.example.com"


def vectors(name: str) -> Any:
    """The vectors that all implementations share."""
    return json.loads((ROOT / "conformance" / name).read_text())


def mint(*words: str) -> str:
    """A key that has the right form and was never issued."""
    return subprocess.run([PROGRAM, "mint", *words], check=True, capture_output=True, text=True).stdout.strip()


class Server:
    """A Keystile with an empty data directory."""

    def __init__(self, directory: str) -> None:
        self.operator_key = mint("--brand", "keystile")
        arguments = ["serve", "--listen", "127.0.0.1:0", "--data", f"{directory}/data", "--public-url", ISSUER]
        self.process = subprocess.Popen(
            [PROGRAM, *arguments],
            env={**os.environ, "KEYSTILE_BOOTSTRAP_KEY": self.operator_key},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        found = None
        while found is None:
            line = self.process.stdout.readline()
            assert line, "the server ended"
            found = re.search(r"listens on (http://\S+)", line)
        self.url = found[1]
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        self.admin = Keystile(url=self.url, operator_key=self.operator_key)

    def apply(self, system: str) -> None:
        self.admin.products.apply(system, (ROOT / "examples" / system / "keystile.toml").read_text())

    def bound(self, product: str, environment: str) -> str:
        """An operator key that is bound, as every guide recommends."""
        made = self.admin.installation.create_operator_key(
            name=str(uuid.uuid4()), product=product, environment=environment, scopes=["keys:verify"]
        )
        assert made.secret is not None
        return made.secret.reveal()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@dataclass
class Datakeen:
    """A server with Datakeen and one customer."""

    server: Server
    organization: str
    secret: str
    publishable: str
    live_secret: str
    client: Keystile
    operator_key: str


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as directory:
        running = Server(directory)
        yield running
        running.stop()


@pytest.fixture(scope="session")
def datakeen(server: Server) -> Datakeen:
    server.apply("datakeen")
    created = server.admin.organizations.create(product="datakeen", name="Northbank Credit")
    keys = {
        (environment.name, key.kind): key for environment in created.projects[0].environments for key in environment.keys
    }
    bound = server.bound("datakeen", "test")
    return Datakeen(
        server,
        created.organization.id,
        keys["test", "secret"].secret.reveal(),
        keys["test", "publishable"].value,
        keys["production", "secret"].secret.reveal(),
        Keystile(url=server.url, operator_key=bound, retry_delay=0),
        bound,
    )


@dataclass
class Reply:
    """What a fake server answers; `None` closes the connection, and `hold` never answers."""

    status: int = 200
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)
    is_cut: bool = False
    is_silent: bool = False


class Fake:
    """A local server that answers as it is told, and counts."""

    def __init__(self, answer: Callable[[int, Any], Reply]) -> None:
        self.requests: list[Any] = []
        self.released = threading.Event()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                fake.requests.append({"method": self.command, "headers": dict(self.headers.items()), "body": body})
                reply = answer(len(fake.requests), fake.requests[-1])
                self.close_connection = True
                if reply.is_silent:
                    fake.released.wait()
                    return
                if reply.is_cut:
                    return
                content = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content.encode())

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def __enter__(self) -> Fake:
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def nobody() -> str:
    """An address where nobody listens."""
    with Fake(lambda *_: Reply()) as fake:
        return fake.url
