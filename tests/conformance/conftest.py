"""Made-up AWS keys for every test here, and one moto for all of them."""

import pytest


@pytest.fixture(scope="session")
def aws_keys(service_models):
    """Keys that no real AWS would take, and nothing of the machine's own settings."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="session")
def moto_url(aws_keys):
    from tests.conformance.s3_servers import moto_server

    with moto_server() as url:
        yield url


@pytest.fixture(scope="session")
def localbucket_url(aws_keys, tmp_path_factory):
    from tests.conformance.s3_servers import localbucket_server

    with localbucket_server(tmp_path_factory.mktemp("localbucket")) as url:
        yield url
