"""A made-up AWS account, and an `aws` command that asks it, so that scripts can be run for real."""

import json
import os
import re
import subprocess
import sys
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import jmespath
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

COMMAND = """#!{python} -I
import http.client, json, sys
asked = http.client.HTTPConnection("127.0.0.1", {port})
asked.request("POST", "/", json.dumps(sys.argv[1:]))
code, out = json.load(asked.getresponse())
(sys.stderr if code else sys.stdout).write(out)
sys.exit(code)
"""


def answer(session, words):
    """Answer the words of an AWS CLI command as the CLI would: exit code and text."""
    service, operation, *options = words
    parameters, query = {}, None
    options = list(options)
    while options:
        name, equals, value = options.pop(0).removeprefix("--").partition("=")
        if name == "set-as-default":
            value = True
        elif not equals:
            value = options.pop(0)
        if name == "query":
            query = value
        elif name != "output":
            parameters["".join(part.capitalize() for part in name.split("-"))] = value
    try:
        found = getattr(session.client(service), operation.replace("-", "_"))(**parameters)
    except ClientError as error:
        return 254, f"An error occurred ({error.response['Error']['Code']}) when calling the operation\n"
    plain = json.loads(json.dumps(found, default=lambda v: v.isoformat() if isinstance(v, datetime) else str(v)))
    return 0, f"{jmespath.search(query, plain) if query else ''}\n"


@pytest.fixture
def session(service_models, monkeypatch):
    """A session of moto's account."""
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield boto3.Session("testing", "testing", "testing", region_name="us-east-1")


@pytest.fixture
def run_script(session, tmp_path):
    """Run a shell script with an `aws` command on its PATH that asks moto; return the finished process."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            words = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            body = json.dumps(answer(session, words)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    command = tmp_path / "bin" / "aws"
    command.parent.mkdir()
    command.write_text(COMMAND.format(python=sys.executable, port=server.server_address[1]))
    command.chmod(0o755)

    def run(text):
        path = tmp_path / "script.sh"
        path.write_text(text)
        environment = {"PATH": f"{command.parent}:{os.environ['PATH']}"}
        return subprocess.run(
            ["bash", str(path)], env=environment, capture_output=True, text=True, check=False, cwd=tmp_path
        )

    yield run
    server.shutdown()
    server.server_close()


def everything(session):
    """The account's users, groups, roles and policies with all documents, without version numbers and times."""
    pages = (
        session.client("iam")
        .get_paginator("get_account_authorization_details")
        .paginate(Filter=["User", "Role", "Group", "LocalManagedPolicy"])
    )
    text = json.dumps(pages.build_full_result(), sort_keys=True, default=str)
    return json.loads(re.sub(r'"(CreateDate|UpdateDate)": "[^"]*"', r'"\1": ""', text))


@pytest.fixture
def details():
    """What stands in an account, to compare two moments."""
    return everything
