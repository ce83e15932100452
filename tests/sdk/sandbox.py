"""What `sandbox.toml` holds, and ciphertext blobs made and opened without the service.

The layout is the documented one: base64 of the 36-byte key version id, a 12-byte IV, the GCM ciphertext and its
16-byte tag. The additional data is the SHA-256 of `k=v&k=v` with sorted keys, or nothing without a context.
"""

import base64
import hashlib
import os
import pathlib
from typing import Any, Dict, List, NamedTuple, Optional

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

try:
    import tomllib
except ImportError:  # before Python 3.11
    import tomli as tomllib

_FILE = pathlib.Path(__file__).with_name("sandbox.toml")
_ACCOUNT = tomllib.loads(_FILE.read_text(encoding="utf-8"))["account"][0]

ACCOUNT = _ACCOUNT["id"]
REGION = "cn-hangzhou"
ROOT = _ACCOUNT["access_keys"][0]
ACCESS_KEYS: Dict[str, str] = {
    access_key["id"]: access_key["secret"]
    for holder in [_ACCOUNT, *_ACCOUNT["user"]]
    for access_key in holder["access_keys"]
    if "secret" in access_key
}
PRIVATE_KEY = (_FILE.parents[2] / "fixtures/keys/rsa-2048.pem").read_text(encoding="utf-8")
"""PKCS#8, of every AccessKey that has a key pair."""


def pair_of(access_key_id: str) -> str:
    """The AccessKey of the same holder and status that has a key pair."""
    return f"{access_key_id}-pair"


def bearer_token_of(secret: str) -> str:
    """The bearer token of who has an AccessKey with this secret."""
    return f"bearer-of-{secret}"


class Key(NamedTuple):
    """A key that encrypts what it decrypts itself."""

    id: str
    region: str
    cipher: type
    versions: Dict[str, bytes]
    """Material by version id, from oldest to primary."""

    @property
    def primary(self) -> str:
        return list(self.versions)[-1]

    @property
    def arn(self) -> str:
        return key_arn(self.id, self.region)

    def seal(self, text: str, context: Optional[Dict[str, str]] = None, version: Optional[str] = None) -> str:
        """The blob that holds `text`, under the primary version unless another is given."""
        version = version or self.primary
        iv = os.urandom(12)
        gcm = Cipher(self.cipher(self.versions[version]), modes.GCM(iv)).encryptor()
        gcm.authenticate_additional_data(additional_data(context))
        sealed = gcm.update(text.encode()) + gcm.finalize()
        return base64.b64encode(version.encode() + iv + sealed + gcm.tag).decode()

    def open(self, blob: str, context: Optional[Dict[str, str]] = None) -> str:
        """The text inside `blob`; fails unless it was sealed under this key."""
        raw = base64.b64decode(blob, validate=True)
        version, iv, sealed, tag = raw[:36].decode(), raw[36:48], raw[48:-16], raw[-16:]
        gcm = Cipher(self.cipher(self.versions[version]), modes.GCM(iv, tag)).decryptor()
        gcm.authenticate_additional_data(additional_data(context))
        return (gcm.update(sealed) + gcm.finalize()).decode()


def additional_data(context: Optional[Dict[str, str]]) -> bytes:
    if not context:
        return b""
    pairs = sorted((name.encode(), value.encode()) for name, value in context.items())
    return hashlib.sha256(b"&".join(name + b"=" + value for name, value in pairs)).digest()


def arn(relative_id: str, region: str = REGION) -> str:
    return f"acs:kms:{region}:{ACCOUNT}:{relative_id}"


def key_arn(key_id: str, region: str = REGION) -> str:
    return arn(f"key/{key_id}", region)


_CIPHERS = {"Aliyun_AES_256": algorithms.AES, "Aliyun_SM4": algorithms.SM4}

KEYS: Dict[str, Key] = {
    key["aliases"][0][len("alias/") :]: Key(
        key["id"],
        key["region"],
        _CIPHERS[key.get("spec", "Aliyun_AES_256")],
        {version["id"]: base64.b64decode(version["material"]) for version in key["versions"]},
    )
    for key in _ACCOUNT["key"]
    if key.get("spec", "Aliyun_AES_256") in _CIPHERS
}


class Pair(NamedTuple):
    """A key pair, or for `HMAC_SHA_256` a secret."""

    id: str
    spec: str
    usage: str
    version: str
    private: Any
    """The private key as `cryptography` has it; nothing of SM2, which it does not know. Of a MAC key the bytes."""

    @property
    def arn(self) -> str:
        return key_arn(self.id)


def _private(spec: str, material: str) -> Any:
    if spec == "HMAC_SHA_256":
        return base64.b64decode(material)
    if spec == "EC_SM2":
        return None
    if spec == "EC_P256K":
        return ec.derive_private_key(int(material, 16), ec.SECP256K1())
    return serialization.load_pem_private_key(material.strip().encode(), password=None)


PAIRS: Dict[str, Pair] = {
    key["aliases"][0][len("alias/") :]: Pair(
        key["id"],
        key["spec"],
        key["usage"],
        key["versions"][0]["id"],
        _private(key["spec"], key["versions"][0]["material"]),
    )
    for key in _ACCOUNT["key"]
    if key.get("spec", "Aliyun_AES_256") not in _CIPHERS
}

DATA_KEYS: Dict[str, List[Dict[str, str]]] = {
    data_key["name"]: data_key["versions"] for data_key in _ACCOUNT["data_key"]
}
