"""Every generation of the official Python SDK behind one interface: `call` an action, or be `Refused`.

Nothing is smoothed over. What a program sees (exception class, code, status, message, request id) is what an adapter
hands on, and each client says how its SDK dresses up the service's message.
"""

import asyncio
import json
import os
import re
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Callable, Dict, NamedTuple, Optional, Tuple

from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.auth.algorithm import sha_hmac256
from aliyunsdkcore.request import CommonRequest, RpcRequest
from alibabacloud_kms20160120 import models as kms_models
from alibabacloud_kms20160120.client import Client as KmsClient
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.utils_models import Config
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from darabonba.exceptions import UnretryableException
from darabonba.runtime import RuntimeOptions
from Tea.exceptions import TeaException

import sandbox
from sandbox import REGION

Answer = Dict[str, Any]


class Refused(Exception):
    """The service said no; the fields are as the SDK surfaces them."""

    def __init__(
        self, code: str, status: int, message: str, request_id: str, access_denied_detail: Optional[dict] = None
    ):
        super().__init__(f"{status} {code}: {message}")
        self.code = code
        self.status = status
        self.message = message
        self.request_id = request_id
        self.access_denied_detail = access_denied_detail


class Client:
    """One caller with one AccessKey. `endpoint` is all that a user of the real service would change."""

    shows_denial = True
    """Whether the SDK hands on the AccessDeniedDetail of a refusal."""

    context_may_be_text = False
    """Whether an encryption context can be given as JSON text. Where not, the SDK would quote the text once more."""

    def call(self, action: str, **params: Any) -> Answer:
        """Do `action` with parameters under their wire names; raise `Refused` when the service refuses."""
        raise NotImplementedError

    def dressed(self, status: int, message: str, request_id: str) -> str:
        """The service's message as this SDK shows it."""
        raise NotImplementedError

    has_access_key = True
    """Whether it calls with an AccessKey, which can be inactive."""

    signature_mismatch: Tuple[int, str, "re.Pattern[str]"]
    """The status, the code and the whole message that this SDK shows for a wrong secret."""


class Tea(Client):
    """alibabacloud_kms20160120 3.x, by its blocking calls."""

    def __init__(
        self,
        endpoint: str,
        access_key_id: str,
        secret: str,
        string_to_sign: str,
        protocol: str = "http",
        **settings: str,
    ):
        credential = self.credential(access_key_id, secret)
        config = Config(endpoint=endpoint, protocol=protocol, region_id=REGION, **credential, **settings)
        self.client = KmsClient(config)
        self.is_v4 = settings.get("signature_version") == "v4"
        self.signature_mismatch = (
            400,
            "SignatureDoesNotMatch",
            re.compile(
                r"code: 400, Specified signature is not matched with our calculation\. "
                rf"server string to sign is:{string_to_sign} request id: [0-9a-f-]{{36}}"
            ),
        )

    def credential(self, access_key_id: str, secret: str) -> Dict[str, str]:
        return {"access_key_id": access_key_id, "access_key_secret": secret}

    def call(self, action: str, **params: Any) -> Answer:
        try:
            response = self.send(_snake_case(action), self.request(action, params))
        except TeaException as error:
            raise self.refusal(error) from error
        answer = response.body.to_map()
        assert response.headers["x-acs-request-id"] == answer["RequestId"], (response.headers, answer)
        return answer

    @staticmethod
    def request(action: str, params: Dict[str, Any]) -> Optional[Any]:
        model = getattr(kms_models, f"{action}Request", None)
        if model is None:
            assert not params, f"{action} has no parameters"
            return None
        request = model().from_map(params)
        known = {name: value for name, value in request.to_map().items() if value != []}  # lists are empty at first
        assert known == params, f"{action} does not know all of {params}"
        return request

    def send(self, method: str, request: Optional[Any]) -> Any:
        return self.start(f"{method}_with_options", request)

    def start(self, method: str, request: Optional[Any]) -> Any:
        arguments = [RuntimeOptions()] if request is None else [request, RuntimeOptions()]
        return getattr(self.client, method)(*arguments)

    def refusal(self, error: TeaException) -> Exception:
        if error.code is None:  # no answer at all: a refused connection, a body that is not JSON
            return error
        if self.is_v4:  # the pop gateway's interceptor wraps what the service said
            assert type(error) is UnretryableException, type(error)
            detail = error.data.get("AccessDeniedDetail")
            return Refused(error.code, error.data["statusCode"], error.message, error.data["RequestId"], detail)
        assert type(error) is ClientException, type(error)
        return Refused(error.code, error.status_code, error.message, error.request_id, error.access_denied_detail)

    def dressed(self, status: int, message: str, request_id: str) -> str:
        return f"code: {status}, {message} request id: {request_id}"


class AsyncTea(Tea):
    """The same SDK, by its coroutines (another HTTP stack: aiohttp)."""

    def __init__(self, *args: Any, **settings: str):
        super().__init__(*args, **settings)
        self.loop = asyncio.new_event_loop()

    def send(self, method: str, request: Optional[Any]) -> Any:
        return self.loop.run_until_complete(self.start(f"{method}_with_options_async", request))


class TeaPair(Tea):
    """The same SDK, signing with a key pair."""

    def credential(self, access_key_id: str, secret: str) -> Dict[str, str]:
        return {"access_key_id": sandbox.pair_of(access_key_id), "access_key_secret": _private_key(secret)}


class TeaBearer(Tea):
    """The same SDK, with a bearer token."""

    has_access_key = False

    def __init__(self, *args: Any, **settings: str):
        super().__init__(*args, string_to_sign="", **settings)
        unknown = r"code: 404, The Access Key ID provided does not exist in our records\. request id: [0-9a-f-]{36}"
        self.signature_mismatch = (404, "InvalidAccessKeyId.NotFound", re.compile(unknown))

    def credential(self, access_key_id: str, secret: str) -> Dict[str, str]:
        return {"bearer_token": sandbox.bearer_token_of(secret)}


class Classic(Client):
    """aliyun-python-sdk-kms by its typed requests, all parameters in the query."""

    shows_denial = False
    context_may_be_text = True
    untyped = ("GenerateMac", "VerifyMac", "GetManagedDataKey", "ListManagedDataKeyVersions")
    """The actions that this SDK has no typed request for: a CommonRequest does them."""
    untyped_parameters = ("Recipient",)
    """The parameters that its typed requests have no setter for: users add them by name."""
    signature_mismatch = (
        400,
        "InvalidAccessKeySecret",  # the SDK's own: it recognised its string to sign in the service's message
        re.compile(r"The AccessKeySecret is incorrect\. Please check your AccessKeyId and AccessKeySecret\."),
    )

    def __init__(
        self, endpoint: str, access_key_id: str, secret: str, method: str = "POST", protocol: str = "http"
    ):
        self.endpoint = endpoint
        self.method = method
        self.protocol = protocol
        self.client = AcsClient(access_key_id, secret, REGION)

    def call(self, action: str, **params: Any) -> Answer:
        params.pop("RegionId", None)  # the client sends its own
        request = self.request(action, {name: _text(value) for name, value in params.items()})
        try:
            return json.loads(self.client.do_action_with_exception(request))
        except ServerException as error:
            raise Refused(error.error_code, error.http_status, error.message, error.request_id) from error

    def request(self, action: str, params: Dict[str, Any]) -> Any:
        module = f"aliyunsdkkms.request.v20160120.{action}Request"
        assert (find_spec(module) is None) == (action in self.untyped), action
        if action in self.untyped:
            request = self.common_request(action, self.method)
            for name, value in params.items():
                request.add_query_param(name, value)
            return request
        request = getattr(import_module(module), f"{action}Request")()
        request.set_endpoint(self.endpoint)
        request.set_protocol_type(self.protocol)
        request.set_method(self.method)
        for name, value in params.items():
            setter = f"set_{name}s" if isinstance(value, list) else f"set_{name}"
            assert hasattr(request, setter) == (name not in self.untyped_parameters), (action, name)
            if name in self.untyped_parameters:
                request.add_query_param(name, value)
            else:
                getattr(request, setter)(value)
        return request

    def common_request(self, action: str, method: str) -> Any:
        request = CommonRequest(domain=self.endpoint, version="2016-01-20", action_name=action)
        request.set_protocol_type(self.protocol)
        request.set_method(method)
        return request

    def dressed(self, status: int, message: str, request_id: str) -> str:
        return message


class ClassicBody(Classic):
    """aliyun-python-sdk-core by CommonRequest, the action's parameters in the form body."""

    signature_mismatch = (  # a CommonRequest does not remember its string to sign, so the service's words get through
        400,
        "SignatureDoesNotMatch",
        re.compile(
            r"Specified signature is not matched with our calculation\. "
            r"server string to sign is:POST&%2F&[^: ]+"
        ),
    )

    def request(self, action: str, params: Dict[str, Any]) -> Any:
        request = self.common_request(action, "POST")
        for name, value in params.items():
            for flat, text in _flattened(name, value).items():
                request.add_body_params(flat, text)
        return request


class ClassicPair(Classic):
    """aliyun-python-sdk-core by RpcRequest, signing with a key pair.

    For its `RsaKeyPairCredential` the SDK asks STS for a session first; it signs that request like these.
    """

    context_may_be_text = True

    def __init__(self, endpoint: str, access_key_id: str, secret: str):
        lines = _private_key(secret).strip().splitlines()
        super().__init__(endpoint, sandbox.pair_of(access_key_id), "".join(lines[1:-1]))

    def request(self, action: str, params: Dict[str, Any]) -> Any:
        request = RpcRequest("Kms", "2016-01-20", action, signer=sha_hmac256)
        request.set_endpoint(self.endpoint)
        request.set_protocol_type(self.protocol)
        request.set_method(self.method)
        for name, value in params.items():
            for flat, text in _flattened(name, value).items():
                request.add_query_param(flat, text)
        return request


class Flavour(NamedTuple):
    """A client as users configure it."""

    kind: Callable[..., Client]
    options: Dict[str, str]

    def connect(self, endpoint: str, access_key_id: str, secret: str) -> Client:
        return self.kind(endpoint, access_key_id, secret, **self.options)


def _private_key(secret: str) -> str:
    """That of the sandbox for a secret of the sandbox, and for any other one that nobody knows."""
    if secret in sandbox.ACCESS_KEYS.values():
        return sandbox.PRIVATE_KEY
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pkcs8 = serialization.PrivateFormat.PKCS8
    pem = stranger.private_bytes(serialization.Encoding.PEM, pkcs8, serialization.NoEncryption())
    return pem.decode()


_HASH = "\n[0-9a-f]{64}"
_V1 = {"signature_algorithm": "v2", "string_to_sign": "POST&%2F&[^: ]+"}  # the SDK's "v2" is signature version 1
_V3 = {"string_to_sign": "ACS3-HMAC-SHA256" + _HASH}
_V3_SM3 = {"signature_algorithm": "ACS3-HMAC-SM3", "string_to_sign": "ACS3-HMAC-SM3" + _HASH}
_V3_RSA = {"signature_algorithm": "ACS3-RSA-SHA256", "string_to_sign": "ACS3-RSA-SHA256" + _HASH}
_V4 = {"signature_version": "v4", "string_to_sign": "ACS4-HMAC-SHA256" + _HASH}
# The classic SDK finds its CA in the environment: ALIBABA_CLOUD_CA_BUNDLE.
_HTTPS = {"protocol": "https", "ca": os.environ.get("YAOSHI_CA", "")}

FLAVOURS: Dict[str, Flavour] = {
    "tea-v3": Flavour(Tea, _V3),
    "tea-v3-sm3": Flavour(Tea, _V3_SM3),
    "tea-v1": Flavour(Tea, _V1),
    "tea-v4": Flavour(Tea, _V4),
    "tea-async-v3": Flavour(AsyncTea, _V3),
    "tea-async-v3-sm3": Flavour(AsyncTea, _V3_SM3),
    "tea-async-v1": Flavour(AsyncTea, _V1),
    "tea-async-v4": Flavour(AsyncTea, _V4),
    "classic-query": Flavour(Classic, {}),
    "classic-get": Flavour(Classic, {"method": "GET"}),
    "classic-body": Flavour(ClassicBody, {}),
    "tea-v3-rsa": Flavour(TeaPair, _V3_RSA),
    "tea-v1-bearer": Flavour(TeaBearer, {"signature_algorithm": "v2"}),
    "tea-v3-bearer": Flavour(TeaBearer, {}),
    "tea-v4-bearer": Flavour(TeaBearer, {"signature_version": "v4"}),
    "classic-rsa": Flavour(ClassicPair, {}),
    "tea-v3-https": Flavour(Tea, {**_V3, **_HTTPS}),
    "tea-async-v4-https": Flavour(AsyncTea, {**_V4, **_HTTPS}),
    "classic-get-https": Flavour(Classic, {"method": "GET", "protocol": "https"}),
}


def _snake_case(action: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", action).lower()


def _text(value: Any) -> Any:
    """A parameter as users of the classic SDK hand it over: maps as `json.dumps` writes them, lists as they are, the
    rest by `str`."""
    if isinstance(value, list):
        return value
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _flattened(name: str, value: Any) -> Dict[str, str]:
    """A list as users of a CommonRequest write it: `Name.1`, or `Name.1.Field`."""
    if not isinstance(value, list):
        return {name: value}
    flat: Dict[str, str] = {}
    for number, element in enumerate(value, 1):
        fields = element.items() if isinstance(element, dict) else [("", element)]
        flat.update({f"{name}.{number}.{field}".rstrip("."): text for field, text in fields})
    return flat
