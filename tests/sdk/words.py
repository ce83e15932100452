"""The words that the scenarios are written in. A scenario is a promise of the service, in terms of actions and wire
names; messages are compared whole, as the SDK shows them.

A scenario never changes a key that `sandbox.toml` made, but for `alias/old`, to which somebody gives a version: all
clients run all scenarios against one server, several at a time.
"""

import base64
import re
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Dict, List, NamedTuple

import sandbox
from clients import Answer, Client, Flavour, Refused

SCENARIOS: Dict[str, Callable[["World"], None]] = {}


def scenario(check: Callable[["World"], None]) -> Callable[["World"], None]:
    """List `check`. tests/sdk.rs reads the scenarios for this decorator, so that both sides know the same names."""
    SCENARIOS[check.__name__] = check
    return check


class World:
    """The server as seen by one flavour of client."""

    def __init__(self, flavour: Flavour, endpoint: str):
        self.flavour = flavour
        self.endpoint = endpoint
        self.root = self.user(sandbox.ROOT["id"])

    def user(self, access_key_id: str) -> Client:
        return self.connect(access_key_id, sandbox.ACCESS_KEYS[access_key_id])

    def connect(self, access_key_id: str, secret: str) -> Client:
        return self.flavour.connect(self.endpoint, access_key_id, secret)


class Fault(NamedTuple):
    """A refusal: HTTP status, code, and the service's own message."""

    status: int
    code: str
    message: str

    def of(self, client: Client, action: str, **params: Any) -> Refused:
        """`client` is refused in exactly this way."""
        try:
            answer = client.call(action, **params)
        except Refused as refusal:
            told = (refusal.status, refusal.code, refusal.message)
            equal(told, (self.status, self.code, client.dressed(self.status, self.message, refusal.request_id)))
            assert UUID.fullmatch(refusal.request_id), refusal.request_id
            if client.shows_denial and self.code not in DENIALS:
                equal(refusal.access_denied_detail, None)
            return refusal
        raise AssertionError(f"{action} was answered: {answer}")


UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DATE = "%Y-%m-%dT%H:%M:%SZ"
DENIALS = ("Forbidden.NoPermission", "AccessDeniedError")

KEY_NOT_FOUND = Fault(404, "Forbidden.KeyNotFound", "The specified Key is not found.")
ALIAS_NOT_FOUND = Fault(404, "Forbidden.AliasNotFound", "The specified Alias is not found.")
ALIAS_EXISTS = Fault(400, "AliasAlreadyExists", "AliasName Already Exists.")
VERSION_NOT_FOUND = Fault(404, "Forbidden.KeyVersionNotFound", "The specified Key version is not found.")
RESOURCE_NOT_FOUND = Fault(404, "Forbidden.ResourceNotFound", "Resource not found.")
UNSUPPORTED = Fault(400, "Rejected.UnsupportedOperation", "Unsupported operation.")
NOT_SUPPORTED = Fault(400, "UnsupportedOperation", "This action is not supported.")
STATE_MODIFIED_FAILED = Fault(409, "Rejected.StateModifiedFailed", "Keystate modified failed.")
INVALID_MATERIAL = Fault(400, "InvalidKeyMaterial", "key material is invalid")
UNSUPPORTED_ORIGIN = Fault(400, "Unsupported.Origin", "This key origin is not valid for this api")
WOULD_SUCCEED = Fault(
    400, "DryRunOperationError", "The request would have succeeded if the DryRun parameter was not specified."
)
WOULD_BE_DENIED = Fault(
    403, "AccessDeniedError", "You are not authorized to perform this operation on the KMS resource."
)


def missing(parameter: str) -> Fault:
    return Fault(400, "MissingParameter", f"The parameter  {parameter}  needed but no provided.")


def invalid(parameter: str) -> Fault:
    return Fault(400, "InvalidParameter", f"The specified parameter  {parameter}  is not valid.")


def would_be_invalid(fault: Fault) -> Fault:
    return Fault(400, "ValidationError", f"The parameters specified in the request are invalid. {fault.message}")


def rejected(state: str) -> Fault:
    return Fault(409, f"Rejected.{state}", f"The request was rejected because the key state is {state}.")


def forbidden(arn: str) -> Fault:
    return Fault(403, "Forbidden.NoPermission", f"This operation for {arn} is forbidden by permission system.")


HELLO = base64.b64encode(b"hello, world").decode()
CONTEXT = {"a b": "c+d*~", "ü/=": "v&%2F", "app": "pay"}
STATES = {
    "disabled": "Disabled",
    "pending-deletion": "PendingDeletion",
    "pending-import": "PendingImport",
    "unavailable": "Unavailable",
}
APP, OTHER, DEV = sandbox.KEYS["app"], sandbox.KEYS["other"], sandbox.KEYS["dev"]


def equal(actual: Any, expected: Any) -> None:
    assert actual == expected, f"\n     got {actual!r}\nexpected {expected!r}"


def holds(answer: Answer, **fields: Any) -> None:
    """`answer` has at least these fields, with these values."""
    equal({name: answer.get(name) for name in fields}, fields)


def near(date: str, away: timedelta) -> None:
    """`date` is that far from now, give or take five minutes."""
    distance = datetime.strptime(date, DATE).replace(tzinfo=timezone.utc) - datetime.now(timezone.utc)
    assert abs(distance - away) < timedelta(minutes=5), (date, away)


def denial(client: Client, refusal: Refused, action: str, kind: str) -> None:
    """The refusal explains itself, where the SDK shows that."""
    if not client.shows_denial:
        return
    detail = refusal.access_denied_detail
    assert isinstance(detail, dict), detail
    holds(
        detail,
        AuthAction=action,
        AuthPrincipalOwnerId=sandbox.ACCOUNT,
        AuthPrincipalType="SubUser",
        NoPermissionType=kind,
        PolicyType="AccountLevelIdentityBasedPolicy",
    )
    assert detail["AuthPrincipalDisplayName"], detail
    assert all(isinstance(value, str) for value in detail.values()), detail


def uses(key_id: str, blob: str) -> List[Any]:
    """Every cryptographic call of a key, `blob` being sealed under it."""
    return [
        ("Encrypt", dict(KeyId=key_id, Plaintext=HELLO)),
        ("Decrypt", dict(CiphertextBlob=blob)),
        ("ReEncrypt", dict(CiphertextBlob=blob, DestinationKeyId=OTHER.id)),
        ("GenerateDataKey", dict(KeyId=key_id)),
        ("GenerateDataKeyWithoutPlaintext", dict(KeyId=key_id)),
    ]


def new_key(client: Client) -> str:
    return client.call("CreateKey")["KeyMetadata"]["KeyId"]


def new_alias() -> str:
    return f"alias/sdk-{uuid.uuid4()}"


def state(client: Client, key_id: str) -> str:
    return client.call("DescribeKey", KeyId=key_id)["KeyMetadata"]["KeyState"]


def all_keys(client: Client, filters: str) -> Dict[str, Answer]:
    return {key["KeyId"]: key for key in every_page(client, "ListKeys", "Keys", "Key", Filters=filters)}


def all_aliases(client: Client) -> Dict[str, Answer]:
    return {alias["AliasName"]: alias for alias in every_page(client, "ListAliases", "Aliases", "Alias")}


def every_page(client: Client, action: str, wrapper: str, item: str, **params: Any) -> List[Answer]:
    found: List[Answer] = []
    for page in range(1, 1_000):
        answer = client.call(action, PageNumber=page, PageSize=100, **params)
        found += answer[wrapper][item]
        if page * 100 >= answer["TotalCount"]:
            return found
    raise AssertionError(f"{action} never ends")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def versions(old: str, new: str) -> Any:
    """The base64 of two key version ids: 36 bytes are 48 characters, so that one may stand for the other in a blob."""
    return b64(old.encode()), b64(new.encode())
