"""Encrypt and decrypt with the official SDK. Only the endpoint differs from the real service.

    pip install alibabacloud_kms20160120==3.3.1
    yaoshi serve
    python examples/decrypt.py
"""

import base64
import os

from alibabacloud_kms20160120 import models
from alibabacloud_kms20160120.client import Client
from alibabacloud_tea_openapi.utils_models import Config

client = Client(
    Config(
        access_key_id="yaoshi",
        access_key_secret="yaoshi",
        endpoint=os.environ.get("YAOSHI_ENDPOINT", "127.0.0.1:7220"),
        protocol="http",
        region_id="cn-hangzhou",
    )
)

key = client.create_key(models.CreateKeyRequest(description="an example")).body.key_metadata
print("key       ", key.arn)

context = {"purpose": "example", "order": "42"}
sealed = client.encrypt(
    models.EncryptRequest(
        key_id=key.key_id,
        plaintext=base64.b64encode(b"hello, world").decode(),
        encryption_context=context,
    )
).body
print("ciphertext", sealed.ciphertext_blob)

opened = client.decrypt(
    models.DecryptRequest(ciphertext_blob=sealed.ciphertext_blob, encryption_context=context)
).body
print("plaintext ", base64.b64decode(opened.plaintext).decode())
