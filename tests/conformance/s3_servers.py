"""Servers that speak S3's protocol, on loopback, each for one test module."""

import re
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import ClassVar

import boto3
import localbucket
import uvicorn
from botocore.client import BaseClient
from botocore.config import Config
from hadro.app import create_app
from hadro.config import Config as HadroConfig
from moto.server import ThreadedMotoServer

from iamaudit.model.place import AwsAccess
from iamaudit.sources.connect import Connection
from iamaudit.sources.patience import Patience
from iamaudit.sources.s3 import S3


class NoPause:
    """A pause that does not take place; unlike a lambda it goes to another process."""

    def __call__(self, seconds: float) -> None:
        """Return at once."""


PATIENT = Patience(sleep=NoPause())


@contextmanager
def moto_server() -> Iterator[str]:
    """Yield the URL of moto: nearly all of AWS."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        yield "http://{}:{}".format(*server.get_host_and_port())
    finally:
        server.stop()


@contextmanager
def localbucket_server(root: Path) -> Iterator[str]:
    """Yield the URL of localbucket: S3 on folders."""
    handler = type("Handler", (localbucket.S3Handler,), {"data_root": root})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)


@contextmanager
def hadro_server(root: Path, **shaping: float) -> Iterator[str]:
    """Yield the URL of hadro: folders as S3, read only, with faults as told."""
    app = create_app(HadroConfig(data=str(root), **shaping))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 10
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=5)


def access_to(url: str, **more: object) -> AwsAccess:
    """Return the access to a server of this file."""
    return AwsAccess(region="eu-west-1", endpoint_url=url, **more)


def s3_at(url: str, bucket: str, *, patience: Patience = PATIENT, **more: object) -> S3:
    """Return the calls to a bucket of a server of this file."""
    return S3(bucket, Connection(access_to(url, **more)), patience)


@cache
def plain(url: str) -> BaseClient:
    """Return boto3's client of a server, made once."""
    return boto3.client("s3", endpoint_url=url, region_name="eu-west-1", config=Config(s3={"addressing_style": "path"}))


def fill(url: str, bucket: str, objects: dict[str, bytes]) -> None:
    """Make a bucket with objects, by plain boto3."""
    client = plain(url)
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for key, data in objects.items():
        client.put_object(Bucket=bucket, Key=key, Body=data)


class FaultyHandler(localbucket.S3Handler):
    """Localbucket with faults: each request takes the next of `faults`, until there is none."""

    faults: ClassVar[deque[str]] = deque()
    pages: ClassVar[list[bytes]] = []

    def _dispatch(self, action) -> None:
        fault = self.faults.popleft() if self.faults else ""
        if fault in {
            "500 InternalError",
            "503 ServiceUnavailable",
            "503 SlowDown",
            "403 AccessDenied",
            "400 RequestTimeout",
        }:
            status, code = fault.split()
            body = f"<Error><Code>{code}</Code><Message>on purpose</Message></Error>".encode()
            self._drain()
            self._answer(f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
            return
        if fault == "dropped before":
            self.close_connection = True
            return
        wire, self.wfile = self.wfile, BytesIO()
        super()._dispatch(action)
        answer, self.wfile = self.wfile.getvalue(), wire
        head, _, body = answer.partition(b"\r\n\r\n")
        if "list-type" in self.path:
            self.pages.append(answer)
        if fault == "dropped after":
            self.close_connection = True
        elif fault == "cut off":
            self._answer(head + b"\r\n\r\n" + body[: len(body) // 2])
        elif fault == "cut off in good order":
            kept = body[: len(body) // 2]
            head = re.sub(rb"(?i)content-length: \d+", b"Content-Length: %d" % len(kept), head)
            self._answer(head + b"\r\n\r\n" + kept)
        elif fault == "first page again":
            self._answer(self.pages[0])
        else:
            self.wfile.write(answer)

    def _drain(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _answer(self, data: bytes) -> None:
        # told, since a client that did not know would try the dead connection first
        self.wfile.write(data.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        self.close_connection = True


@contextmanager
def faulty_server(root: Path) -> Iterator[tuple[str, deque[str]]]:
    """Yield a URL, and the faults that its next requests will meet, in order."""
    handler = type("Faulty", (FaultyHandler,), {"data_root": root, "faults": deque(), "pages": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", handler.faults
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
