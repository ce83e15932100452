"""May the app decrypt what it must, and nothing else? DryRun tells, and nothing is decrypted in the asking."""

import base64
import os
import pathlib
import re
import subprocess

import pytest
from alibabacloud_kms20160120 import models
from alibabacloud_kms20160120.client import Client
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.utils_models import Config

SANDBOX = pathlib.Path(__file__).with_name("sandbox.toml")


@pytest.fixture(scope="module")
def endpoint():
    """A sandbox of our own, on a free port."""
    command = [os.environ.get("YAOSHI", "yaoshi"), "serve", "--listen", "127.0.0.1:0", "--sandbox", str(SANDBOX)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, universal_newlines=True) as server:
        try:
            yield re.match("listening on http://(.*)", server.stdout.readline()).group(1)
        finally:
            server.terminate()


@pytest.fixture
def admin(endpoint):
    return connect(endpoint, "admin", "admin-secret")


@pytest.fixture
def app(endpoint):
    return connect(endpoint, "app", "app-secret")


def test_app_may_decrypt_orders(admin, app):
    assert dry_run_decrypt(app, encrypt(admin, "alias/orders")) == "DryRunOperationError"  # it would have succeeded


def test_app_may_not_decrypt_salaries(admin, app):
    assert dry_run_decrypt(app, encrypt(admin, "alias/salaries")) == "AccessDeniedError"


def connect(endpoint, access_key_id, access_key_secret):
    return Client(
        Config(
            access_key_id=access_key_id,
            access_key_secret=access_key_secret,
            endpoint=endpoint,
            protocol="http",
            region_id="cn-hangzhou",
        )
    )


def encrypt(client, key):
    plaintext = base64.b64encode(b"hello, world").decode()
    return client.encrypt(models.EncryptRequest(key_id=key, plaintext=plaintext)).body.ciphertext_blob


def dry_run_decrypt(client, blob):
    """The outcome of a dry run is always an error; its code says which."""
    with pytest.raises(ClientException) as refusal:
        client.decrypt(models.DecryptRequest(ciphertext_blob=blob, dry_run="true"))
    return refusal.value.code
