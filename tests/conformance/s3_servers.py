"""Servers that speak S3's protocol, on loopback, each for one test module."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path

import boto3
import localbucket
import uvicorn
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


def s3_at(url: str, bucket: str, *, patience: Patience = PATIENT) -> S3:
    """Return the calls to a bucket of a server of this file."""
    return S3(bucket, Connection(access_to(url)), patience)


def fill(url: str, bucket: str, objects: dict[str, bytes]) -> None:
    """Make a bucket with objects, by plain boto3."""
    client = boto3.client(
        "s3", endpoint_url=url, region_name="eu-west-1", config=Config(s3={"addressing_style": "path"})
    )
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for key, data in objects.items():
        client.put_object(Bucket=bucket, Key=key, Body=data)
    client.close()
