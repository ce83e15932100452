"""What every official SDK must see of keys, aliases and encryption, and of the door in front of them."""

import base64
import json
import os
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

import sandbox
from clients import Refused
from words import (
    ALIAS_EXISTS, ALIAS_NOT_FOUND, APP, CONTEXT, DEV, HELLO, INVALID_MATERIAL, KEY_NOT_FOUND, OTHER, STATES,
    STATE_MODIFIED_FAILED, UNSUPPORTED, UNSUPPORTED_ORIGIN, UUID, VERSION_NOT_FOUND, WOULD_BE_DENIED,
    WOULD_SUCCEED, Fault, World, all_aliases, all_keys, b64, denial, equal, flipped, forbidden, holds,
    invalid, missing, near, new_alias, new_key, rejected, scenario, state, uses, versions, would_be_invalid
)


# ---- keys


@scenario
def regions_are_listed(world: World) -> None:
    regions = world.root.call("DescribeRegions")["Regions"]["Region"]
    assert {"RegionId": sandbox.REGION} in regions, regions


@scenario
def key_is_created_and_described(world: World) -> None:
    made = world.root.call("CreateKey", Description="for «tests» + 100%")["KeyMetadata"]
    assert UUID.fullmatch(made["KeyId"]), made
    assert UUID.fullmatch(made["PrimaryKeyVersion"]), made
    holds(
        made,
        Arn=sandbox.key_arn(made["KeyId"]),
        AutomaticRotation="Disabled",
        Creator=sandbox.ACCOUNT,
        Description="for «tests» + 100%",
        KeySpec="Aliyun_AES_256",
        KeyState="Enabled",
        KeyUsage="ENCRYPT/DECRYPT",
        Origin="Aliyun_KMS",
        ProtectionLevel="SOFTWARE",
    )
    near(made["CreationDate"], timedelta(0))
    described = world.root.call("DescribeKey", KeyId=made["KeyId"])["KeyMetadata"]
    holds(described, **made)
    equal(described["DeletionProtection"], "Disabled")


@scenario
def key_is_created_as_asked(world: World) -> None:
    sm4 = world.root.call("CreateKey", KeySpec="Aliyun_SM4", Tags=json.dumps([{"TagKey": "k", "TagValue": "v"}]))
    holds(sm4["KeyMetadata"], KeySpec="Aliyun_SM4", KeyState="Enabled")
    rotating = world.root.call("CreateKey", EnableAutomaticRotation=True, RotationInterval="365d")
    holds(rotating["KeyMetadata"], AutomaticRotation="Enabled", RotationInterval="31536000s")
    external = world.root.call("CreateKey", Origin="EXTERNAL", EnableAutomaticRotation=False)
    holds(external["KeyMetadata"], Origin="EXTERNAL", KeyState="PendingImport")
    rejected("PendingImport").of(world.root, "Encrypt", KeyId=external["KeyMetadata"]["KeyId"], Plaintext=HELLO)


@scenario
def keys_of_the_sandbox_file_are_described(world: World) -> None:
    deleted = {"DeleteDate": "2099-01-01T00:00:00Z"}
    table = [
        ("app", dict(KeyState="Enabled", KeySpec="Aliyun_AES_256", Origin="Aliyun_KMS")),
        ("disabled", dict(KeyState="Disabled")),
        ("pending-deletion", dict(KeyState="PendingDeletion", **deleted)),
        ("pending-import", dict(KeyState="PendingImport", Origin="EXTERNAL")),
        ("unavailable", dict(KeyState="Unavailable")),
        ("sm4", dict(KeyState="Enabled", KeySpec="Aliyun_SM4")),
        ("dev", dict(KeyState="Enabled", PrimaryKeyVersion=DEV.primary)),
        ("rotated", dict(PrimaryKeyVersion=sandbox.KEYS["rotated"].primary)),
    ]
    for alias, fields in table:
        key = sandbox.KEYS[alias]
        described = world.root.call("DescribeKey", KeyId=key.id)["KeyMetadata"]
        holds(described, KeyId=key.id, Arn=key.arn, KeyUsage="ENCRYPT/DECRYPT", **fields)


@scenario
def keys_are_filtered(world: World) -> None:
    made = new_key(world.root)
    table = [
        ([("KeyState", ["Enabled"])], [APP.id, made], ["disabled"]),
        ([("KeyState", ["Disabled"])], [sandbox.KEYS["disabled"].id], ["app"]),
        ([("KeyState", ["Disabled", "PendingImport"])], [sandbox.KEYS["pending-import"].id], ["app"]),
        ([("KeySpec", ["Aliyun_SM4"])], [sandbox.KEYS["sm4"].id], ["app"]),
        ([("KeySpec", ["Aliyun_SM4"]), ("KeyState", ["Disabled"])], [], ["sm4", "disabled"]),
    ]
    for filters, within, without in table:
        listed = all_keys(world.root, json.dumps([{"Key": key, "Values": values} for key, values in filters]))
        for key_id in within:
            holds(listed[key_id], KeyArn=sandbox.key_arn(key_id))
        for alias in without:
            assert sandbox.KEYS[alias].id not in listed, (filters, alias)


@scenario
def lists_come_in_pages(world: World) -> None:
    for _ in range(100):  # other clients make keys meanwhile, which may come before these
        first = world.root.call("ListKeys", PageNumber=1, PageSize=2)
        second = world.root.call("ListKeys", PageNumber=2, PageSize=2)
        if first["TotalCount"] == second["TotalCount"]:
            break
    equal((first["PageNumber"], first["PageSize"], second["PageNumber"]), (1, 2, 2))
    assert isinstance(first["TotalCount"], int) and first["TotalCount"] >= 9, first
    ids = [key["KeyId"] for page in (first, second) for key in page["Keys"]["Key"]]
    equal(len(set(ids)), 4)
    equal(world.root.call("ListKeys")["PageSize"], 10)
    equal(world.root.call("ListKeys", PageNumber=10_000)["Keys"]["Key"], [])
    for bad in (dict(PageSize=101), dict(PageSize=0), dict(PageNumber=0), dict(PageSize="ten")):
        invalid(*bad).of(world.root, "ListKeys", **bad)


@scenario
def key_has_four_names(world: World) -> None:
    for name in (DEV.id, "alias/dev", DEV.arn, sandbox.arn("alias/dev")):
        equal(world.root.call("DescribeKey", KeyId=name)["KeyMetadata"]["KeyId"], DEV.id)
        holds(world.root.call("Encrypt", KeyId=name, Plaintext=HELLO), KeyId=DEV.id, KeyVersionId=DEV.primary)
        equal(world.root.call("GenerateDataKey", KeyId=name)["KeyId"], DEV.id)
        equal(world.root.call("GenerateDataKeyWithoutPlaintext", KeyId=name)["KeyId"], DEV.id)
        blob = APP.seal(HELLO)
        DEV.open(world.root.call("ReEncrypt", CiphertextBlob=blob, DestinationKeyId=name)["CiphertextBlob"])


@scenario
def unknown_keys_are_not_found(world: World) -> None:
    stranger = str(uuid.uuid4())
    beijing = sandbox.KEYS["beijing"]
    foreign = f"acs:kms:{sandbox.REGION}:9999999999999999:key/{APP.id}"
    table = [
        (KEY_NOT_FOUND, stranger),
        (KEY_NOT_FOUND, sandbox.key_arn(stranger)),
        (KEY_NOT_FOUND, beijing.id),
        (KEY_NOT_FOUND, beijing.arn),
        (ALIAS_NOT_FOUND, "alias/nothing-here"),
        (ALIAS_NOT_FOUND, sandbox.arn("alias/nothing-here")),
        (ALIAS_NOT_FOUND, "alias/beijing"),
        (forbidden(foreign), foreign),
    ]
    for fault, name in table:
        fault.of(world.root, "DescribeKey", KeyId=name)
        fault.of(world.root, "Encrypt", KeyId=name, Plaintext=HELLO)
        fault.of(world.root, "GenerateDataKey", KeyId=name)
    for action in ("EnableKey", "DisableKey", "CancelKeyDeletion"):
        KEY_NOT_FOUND.of(world.root, action, KeyId=stranger)
    KEY_NOT_FOUND.of(world.root, "ScheduleKeyDeletion", KeyId=stranger, PendingWindowInDays=7)
    KEY_NOT_FOUND.of(world.root, "Decrypt", CiphertextBlob=beijing.seal(HELLO))
    KEY_NOT_FOUND.of(world.root, "Decrypt", CiphertextBlob=APP.seal(HELLO).replace(*versions(APP.primary, stranger)))


# ---- encrypting and decrypting


@scenario
def text_is_encrypted_and_decrypted(world: World) -> None:
    key_id = new_key(world.root)
    for text in (HELLO, b64(bytes(range(256)))):
        sealed = world.root.call("Encrypt", KeyId=key_id, Plaintext=text)
        raw = base64.b64decode(sealed["CiphertextBlob"], validate=True)
        equal(raw[:36].decode(), sealed["KeyVersionId"])
        equal(len(raw), 36 + 12 + len(text) + 16)
        opened = world.root.call("Decrypt", CiphertextBlob=sealed["CiphertextBlob"])
        holds(opened, KeyId=key_id, KeyVersionId=sealed["KeyVersionId"], Plaintext=text)
    again = world.root.call("Encrypt", KeyId=key_id, Plaintext=HELLO)["CiphertextBlob"]
    assert again != sealed["CiphertextBlob"], "the same IV twice"


@scenario
def plaintext_is_taken_as_the_text_it_is(world: World) -> None:
    for text in ("not base64!", " a+b /c=d&e%20*~'()\t", "钥匙 ü 🔑", b64(b"x" * 6144)):
        sealed = world.root.call("Encrypt", KeyId=APP.id, Plaintext=text)["CiphertextBlob"]
        equal(APP.open(sealed), text)
        equal(world.root.call("Decrypt", CiphertextBlob=sealed)["Plaintext"], text)
    invalid("Plaintext").of(world.root, "Encrypt", KeyId=APP.id, Plaintext=b64(b"x" * 6145))


@scenario
def blobs_have_the_documented_layout(world: World) -> None:
    for alias in ("app", "sm4", "dev", "rotated"):
        key = sandbox.KEYS[alias]
        for context in ({}, CONTEXT):
            extra = {"EncryptionContext": context} if context else {}
            ours = world.root.call("Encrypt", KeyId=key.id, Plaintext=HELLO, **extra)["CiphertextBlob"]
            equal(key.open(ours, context), HELLO)
            opened = world.root.call("Decrypt", CiphertextBlob=key.seal(HELLO, context), **extra)
            holds(opened, KeyId=key.id, KeyVersionId=key.primary, Plaintext=HELLO)


@scenario
def older_key_versions_still_decrypt(world: World) -> None:
    key = sandbox.KEYS["rotated"]
    oldest, primary = key.versions
    opened = world.root.call("Decrypt", CiphertextBlob=key.seal(HELLO, version=oldest))
    holds(opened, KeyId=key.id, KeyVersionId=oldest, Plaintext=HELLO)
    equal(world.root.call("Encrypt", KeyId=key.id, Plaintext=HELLO)["KeyVersionId"], primary)


@scenario
def encryption_context_is_a_map(world: World) -> None:
    sealed = world.root.call("Encrypt", KeyId=APP.id, Plaintext=HELLO, EncryptionContext=CONTEXT)["CiphertextBlob"]
    reversed_context = dict(reversed(list(CONTEXT.items())))
    texts = [
        json.dumps(CONTEXT),
        json.dumps(reversed_context, ensure_ascii=False, indent=2),
        json.dumps(CONTEXT, separators=(",", ":")).replace("p", "\\u0070"),
    ]
    for context in [CONTEXT, reversed_context] + (texts if world.root.context_may_be_text else []):
        opened = world.root.call("Decrypt", CiphertextBlob=sealed, EncryptionContext=context)
        equal(opened["Plaintext"], HELLO)
    bare = APP.seal(HELLO)
    for nothing in [{}] + (["{}", " { } "] if world.root.context_may_be_text else []):
        equal(world.root.call("Decrypt", CiphertextBlob=bare, EncryptionContext=nothing)["Plaintext"], HELLO)


@scenario
def wrong_context_does_not_decrypt(world: World) -> None:
    sealed = APP.seal(HELLO, CONTEXT)
    wrong = [{}, {"app": "pay"}, {**CONTEXT, "app": "Pay"}, {**CONTEXT, "more": ""}]
    for extra in [{}] + [{"EncryptionContext": context} for context in wrong]:
        invalid("CiphertextBlob").of(world.root, "Decrypt", CiphertextBlob=sealed, **extra)
    invalid("CiphertextBlob").of(
        world.root, "Decrypt", CiphertextBlob=APP.seal(HELLO), EncryptionContext={"app": "pay"}
    )


@scenario
def encryption_context_must_be_a_map_of_strings(world: World) -> None:
    bad = [{"n": 1}, {"n": None}, {"n": ["a"]}, {"n": {"a": "b"}}, "[]", '"a"', "{", '{"a":"b","a":"b"}']
    bad.append({"long": "x" * 8192})
    for context in bad:
        fault = invalid("EncryptionContext")
        fault.of(world.root, "Encrypt", KeyId=APP.id, Plaintext=HELLO, EncryptionContext=context)
        fault.of(world.root, "Decrypt", CiphertextBlob=APP.seal(HELLO), EncryptionContext=context)
    longest = {"long": "x" * (8192 - len('{"long": ""}'))}  # one character less for clients that leave out the blank
    sealed = world.root.call("Encrypt", KeyId=APP.id, Plaintext=HELLO, EncryptionContext=longest)["CiphertextBlob"]
    equal(APP.open(sealed, longest), HELLO)


@scenario
def damaged_blobs_do_not_decrypt(world: World) -> None:
    sealed = APP.seal(HELLO)
    raw = base64.b64decode(sealed)
    bad = [b64(flipped(raw, at)) for at in (36, 47, 48, len(raw) - 17, len(raw) - 16, len(raw) - 1)]
    bad += [b64(raw[:length]) for length in (1, 36, 48, 63, 64, len(raw) - 1)]
    bad += [b64(raw + b"\0"), "no base64!", sealed[:-2], sealed.replace("=", "*")]
    bad += [OTHER.seal(HELLO).replace(*versions(OTHER.primary, APP.primary))]
    bad += [b64(b"\xff" * len(raw))]
    for blob in bad:
        invalid("CiphertextBlob").of(world.root, "Decrypt", CiphertextBlob=blob)
    assert sealed.endswith("="), sealed
    equal(world.root.call("Decrypt", CiphertextBlob=sealed.rstrip("="))["Plaintext"], HELLO)


@scenario
def data_keys_are_made(world: World) -> None:
    key_id = new_key(world.root)
    table: List[Any] = [
        ({}, 32),
        ({"KeySpec": "AES_256"}, 32),
        ({"KeySpec": "AES_128"}, 16),
        ({"NumberOfBytes": 1}, 1),
        ({"NumberOfBytes": 1024}, 1024),
        ({"NumberOfBytes": 24, "KeySpec": "AES_128"}, 24),
        ({"EncryptionContext": CONTEXT}, 32),
    ]
    for params, length in table:
        context = {name: value for name, value in params.items() if name == "EncryptionContext"}
        made = world.root.call("GenerateDataKey", KeyId=key_id, **params)
        equal(len(base64.b64decode(made["Plaintext"], validate=True)), length)
        opened = world.root.call("Decrypt", CiphertextBlob=made["CiphertextBlob"], **context)
        holds(opened, KeyId=key_id, KeyVersionId=made["KeyVersionId"], Plaintext=made["Plaintext"])
        secret = world.root.call("GenerateDataKeyWithoutPlaintext", KeyId=key_id, **params)
        assert "Plaintext" not in secret, secret
        opened = world.root.call("Decrypt", CiphertextBlob=secret["CiphertextBlob"], **context)
        equal(len(base64.b64decode(opened["Plaintext"], validate=True)), length)


@scenario
def data_keys_have_bounds(world: World) -> None:
    for action in ("GenerateDataKey", "GenerateDataKeyWithoutPlaintext"):
        for bad in (dict(NumberOfBytes=0), dict(NumberOfBytes=1025), dict(NumberOfBytes=-1), dict(KeySpec="AES_512")):
            invalid(*bad).of(world.root, action, KeyId=APP.id, **bad)


@scenario
def blobs_move_to_another_key(world: World) -> None:
    moved = world.root.call(
        "ReEncrypt",
        CiphertextBlob=APP.seal(HELLO, CONTEXT),
        SourceEncryptionContext=CONTEXT,
        DestinationKeyId=OTHER.id,
        DestinationEncryptionContext={"to": "other"},
    )
    holds(moved, KeyId=APP.id, KeyVersionId=APP.primary)
    equal(OTHER.open(moved["CiphertextBlob"], {"to": "other"}), HELLO)
    opened = world.root.call(
        "Decrypt", CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"to": "other"}
    )
    holds(opened, KeyId=OTHER.id, Plaintext=HELLO)
    invalid("CiphertextBlob").of(
        world.root, "ReEncrypt", CiphertextBlob=APP.seal(HELLO, CONTEXT), DestinationKeyId=OTHER.id
    )
    ALIAS_NOT_FOUND.of(
        world.root, "ReEncrypt", CiphertextBlob=APP.seal(HELLO), DestinationKeyId="alias/nothing-here"
    )


# ---- aliases


@scenario
def aliases_come_and_go(world: World) -> None:
    key_id, alias = new_key(world.root), new_alias()
    world.root.call("CreateAlias", KeyId=key_id, AliasName=alias)
    equal(all_aliases(world.root)[alias], {"AliasName": alias, "AliasArn": sandbox.arn(alias), "KeyId": key_id})
    sealed = world.root.call("Encrypt", KeyId=alias, Plaintext=HELLO)
    equal(sealed["KeyId"], key_id)
    ALIAS_EXISTS.of(world.root, "CreateAlias", KeyId=key_id, AliasName=alias)
    ALIAS_EXISTS.of(world.root, "CreateAlias", KeyId=APP.id, AliasName=alias)
    world.root.call("DeleteAlias", AliasName=alias)
    assert alias not in all_aliases(world.root)
    ALIAS_NOT_FOUND.of(world.root, "Encrypt", KeyId=alias, Plaintext=HELLO)
    ALIAS_NOT_FOUND.of(world.root, "DeleteAlias", AliasName=alias)
    equal(world.root.call("Decrypt", CiphertextBlob=sealed["CiphertextBlob"])["Plaintext"], HELLO)
    world.root.call("CreateAlias", KeyId=APP.id, AliasName=alias)
    equal(world.root.call("DescribeKey", KeyId=alias)["KeyMetadata"]["KeyId"], APP.id)


@scenario
def alias_names_have_a_form(world: World) -> None:
    for name in ("app", "alias/", "alias/ü", "alias/a b", "alias/acs/kms", "Alias/app"):
        invalid("AliasName").of(world.root, "CreateAlias", KeyId=APP.id, AliasName=name)
    KEY_NOT_FOUND.of(world.root, "CreateAlias", KeyId=str(uuid.uuid4()), AliasName=new_alias())


@scenario
def alias_moves_to_another_key(world: World) -> None:
    first, second, alias = new_key(world.root), new_key(world.root), new_alias()
    world.root.call("CreateAlias", KeyId=first, AliasName=alias)
    for key_id, other in ((second, first), (second, first), (first, second)):
        world.root.call("UpdateAlias", KeyId=key_id, AliasName=alias)
        equal(world.root.call("DescribeKey", KeyId=alias)["KeyMetadata"]["KeyId"], key_id)
        listed = world.root.call("ListAliasesByKeyId", KeyId=key_id, PageNumber=1, PageSize=101)
        equal(listed["Aliases"]["Alias"], [{"AliasName": alias, "AliasArn": sandbox.arn(alias), "KeyId": key_id}])
        holds(listed, TotalCount=1, PageNumber=1, PageSize=101)
        equal(world.root.call("ListAliasesByKeyId", KeyId=other)["TotalCount"], 0)
    ALIAS_NOT_FOUND.of(world.root, "UpdateAlias", KeyId=first, AliasName=new_alias())
    KEY_NOT_FOUND.of(world.root, "UpdateAlias", KeyId=str(uuid.uuid4()), AliasName=alias)


# ---- versions, rotation, protection


@scenario
def versions_are_described_and_listed(world: World) -> None:
    key_id = new_key(world.root)
    old = world.root.call("DescribeKey", KeyId=key_id)["KeyMetadata"]["PrimaryKeyVersion"]
    sealed = world.root.call("Encrypt", KeyId=key_id, Plaintext=HELLO)["CiphertextBlob"]
    UNSUPPORTED.of(world.root, "CreateKeyVersion", KeyId=key_id)
    described = world.root.call("DescribeKeyVersion", KeyId=key_id, KeyVersionId=old)["KeyVersion"]
    holds(described, KeyId=key_id, KeyVersionId=old)
    near(described["CreationDate"], timedelta(0))
    VERSION_NOT_FOUND.of(world.root, "DescribeKeyVersion", KeyId=key_id, KeyVersionId=str(uuid.uuid4()))
    listed = world.root.call("ListKeyVersions", KeyId="alias/rotated", PageNumber=1, PageSize=2)
    holds(listed, TotalCount=2, PageNumber=1, PageSize=2)
    rotated = sandbox.KEYS["rotated"]
    ids = [(version["KeyId"], version["KeyVersionId"]) for version in listed["KeyVersions"]["KeyVersion"]]
    equal(ids, [(rotated.id, version) for version in rotated.versions])
    equal(world.root.call("Decrypt", CiphertextBlob=sealed)["KeyVersionId"], old)


@scenario
def one_version_is_made_in_seven_days(world: World) -> None:
    key = sandbox.KEYS["old"]
    sealed = key.seal(HELLO)
    try:
        made = world.root.call("CreateKeyVersion", KeyId="alias/old")["KeyVersion"]
        equal(made["KeyId"], key.id)
        assert UUID.fullmatch(made["KeyVersionId"]), made
        near(made["CreationDate"], timedelta(0))
    except Refused as refusal:  # another client came first
        equal((refusal.status, refusal.code), (UNSUPPORTED.status, UNSUPPORTED.code))
    UNSUPPORTED.of(world.root, "CreateKeyVersion", KeyId=key.id)
    versions = world.root.call("ListKeyVersions", KeyId=key.id)["KeyVersions"]["KeyVersion"]
    equal([version["KeyVersionId"] for version in versions[:-1]], [key.primary])
    equal(world.root.call("Encrypt", KeyId=key.id, Plaintext=HELLO)["KeyVersionId"], versions[-1]["KeyVersionId"])
    holds(world.root.call("Decrypt", CiphertextBlob=sealed), KeyVersionId=key.primary, Plaintext=HELLO)


@scenario
def rotation_is_switched_on_and_off(world: World) -> None:
    key_id = new_key(world.root)
    world.root.call("UpdateRotationPolicy", KeyId=key_id, EnableAutomaticRotation=True, RotationInterval="30d")
    described = world.root.call("DescribeKey", KeyId=key_id)["KeyMetadata"]
    holds(described, AutomaticRotation="Enabled", RotationInterval="2592000s")
    near(described["NextRotationDate"], timedelta(days=30))
    world.root.call("UpdateRotationPolicy", KeyId=key_id, EnableAutomaticRotation=False)
    equal(world.root.call("DescribeKey", KeyId=key_id)["KeyMetadata"]["AutomaticRotation"], "Disabled")
    for interval, fault in (("6d", invalid("RotationInterval")), (None, missing("RotationInterval"))):
        extra = {"RotationInterval": interval} if interval else {}
        fault.of(world.root, "UpdateRotationPolicy", KeyId=key_id, EnableAutomaticRotation=True, **extra)
    rejected("Disabled").of(
        world.root, "UpdateRotationPolicy", KeyId=sandbox.KEYS["disabled"].id, EnableAutomaticRotation=False
    )


@scenario
def protected_keys_are_not_deleted(world: World) -> None:
    key_id = new_key(world.root)
    arn = sandbox.key_arn(key_id)
    world.root.call("UpdateKeyDescription", KeyId=key_id, Description="für «pay» + 100%")
    world.root.call(
        "SetDeletionProtection",
        ProtectedResourceArn=arn,
        EnableDeletionProtection=True,
        DeletionProtectionDescription="in use",
    )
    described = world.root.call("DescribeKey", KeyId=key_id)["KeyMetadata"]
    holds(
        described,
        Description="für «pay» + 100%",
        DeletionProtection="Enabled",
        DeletionProtectionDescription="in use",
    )
    UNSUPPORTED.of(world.root, "ScheduleKeyDeletion", KeyId=key_id, PendingWindowInDays=7)
    world.root.call("SetDeletionProtection", ProtectedResourceArn=arn, EnableDeletionProtection=False)
    equal(world.root.call("DescribeKey", KeyId=key_id)["KeyMetadata"]["DeletionProtection"], "Disabled")
    world.root.call("ScheduleKeyDeletion", KeyId=key_id, PendingWindowInDays=7)
    rejected("PendingDeletion").of(world.root, "UpdateKeyDescription", KeyId=key_id, Description="late")


@scenario
def account_has_the_service(world: World) -> None:
    equal(world.root.call("DescribeAccountKmsStatus")["AccountStatus"], "Enabled")
    Fault(400, "Forbidden.Opened", "Your kms service has been opened.").of(world.root, "OpenKmsService")


# ---- tags


@scenario
def one_key_is_tagged_and_untagged(world: World) -> None:
    key_id = new_key(world.root)
    tags = [{"TagKey": "env", "TagValue": "a+b=c:@/"}, {"TagKey": "team", "TagValue": ""}]
    world.root.call("TagResource", KeyId=key_id, Tags=json.dumps(tags))
    listed = world.root.call("ListResourceTags", KeyId=key_id)["Tags"]["Tag"]
    equal(listed, [{"KeyId": key_id, **tag} for tag in tags])
    world.root.call("UntagResource", KeyId=key_id, TagKeys=json.dumps(["env", "none"]))
    equal(world.root.call("ListResourceTags", KeyId=key_id)["Tags"]["Tag"], [{"KeyId": key_id, **tags[1]}])
    invalid("Tags").of(world.root, "TagResource", KeyId=key_id, Tags=json.dumps([{"TagKey": "aliyun"}]))
    missing("KeyId").of(world.root, "TagResource", Tags=json.dumps(tags))


@scenario
def several_keys_are_tagged_and_untagged(world: World) -> None:
    ids = sorted(new_key(world.root) for _ in range(3))
    mark = f"mark-{uuid.uuid4()}"
    keys = dict(RegionId=sandbox.REGION, ResourceType="key", ResourceId=ids)
    tags = [{"Key": mark, "Value": "v+1"}, {"Key": "team", "Value": ""}]
    world.root.call("TagResources", Tag=tags, **keys)
    world.root.call("UntagResources", TagKey=["team"], **{**keys, "ResourceId": ids[:1]})
    everywhere = dict(RegionId=sandbox.REGION, ResourceType="key")
    by_tag = [dict(Tag=[{"Key": mark, "Value": value}]) for value in ("v+1", "")]
    for query in (dict(ResourceId=ids), *by_tag):
        answer = world.root.call("ListTagResources", **everywhere, **query)
        rows = [(row["ResourceId"], row["TagKey"], row["TagValue"]) for row in answer["TagResources"]["TagResource"]]
        equal(rows, sorted([(key_id, mark, "v+1") for key_id in ids] + [(key_id, "team", "") for key_id in ids[1:]]))
        equal(answer["NextToken"], "")
    world.root.call("UntagResources", All=True, **keys)
    equal(world.root.call("ListTagResources", **keys)["TagResources"]["TagResource"], [])
    table = [
        ("InvalidParameter.TagKey", "The specified parameter is not valid.", [{"Key": "acs:x", "Value": "v"}]),
        ("InvalidParameter.TagValue", "The specified parameter is not valid.", [{"Key": "k", "Value": "a b"}]),
        ("Duplicate.TagKey", "The specified tagKey is duplicate.", [{"Key": "k", "Value": "v"}] * 2),
    ]
    for code, message, bad in table:
        Fault(400, code, message).of(world.root, "TagResources", Tag=bad, **keys)
    unknown = Fault(404, "InvalidResourceId.NotFound", "The specified ResourceId is not found.")
    unknown.of(world.root, "TagResources", Tag=tags, **{**keys, "ResourceId": [ids[0], str(uuid.uuid4())]})
    equal(world.root.call("ListTagResources", **keys)["TagResources"]["TagResource"], [])


# ---- key states


@scenario
def keys_are_disabled_and_enabled(world: World) -> None:
    key_id = new_key(world.root)
    sealed = world.root.call("Encrypt", KeyId=key_id, Plaintext=HELLO)["CiphertextBlob"]
    world.root.call("DisableKey", KeyId=key_id)
    world.root.call("DisableKey", KeyId=key_id)
    equal(state(world.root, key_id), "Disabled")
    for action, params in uses(key_id, sealed):
        rejected("Disabled").of(world.root, action, **params)
    world.root.call("EnableKey", KeyId=key_id)
    world.root.call("EnableKey", KeyId=key_id)
    equal(state(world.root, key_id), "Enabled")
    equal(world.root.call("Decrypt", CiphertextBlob=sealed)["Plaintext"], HELLO)


@scenario
def deletion_is_scheduled_and_cancelled(world: World) -> None:
    key_id = new_key(world.root)
    sealed = world.root.call("Encrypt", KeyId=key_id, Plaintext=HELLO)["CiphertextBlob"]
    STATE_MODIFIED_FAILED.of(world.root, "CancelKeyDeletion", KeyId=key_id)
    for days in (6, 367, "soon"):
        invalid("PendingWindowInDays").of(
            world.root, "ScheduleKeyDeletion", KeyId=key_id, PendingWindowInDays=days
        )
    world.root.call("ScheduleKeyDeletion", KeyId=key_id, PendingWindowInDays=7)
    described = world.root.call("DescribeKey", KeyId=key_id)["KeyMetadata"]
    equal(described["KeyState"], "PendingDeletion")
    near(described["DeleteDate"], timedelta(days=7))
    for action, params in uses(key_id, sealed):
        rejected("PendingDeletion").of(world.root, action, **params)
    world.root.call("CancelKeyDeletion", KeyId=key_id)
    described = world.root.call("DescribeKey", KeyId=key_id)["KeyMetadata"]
    equal((described["KeyState"], described.get("DeleteDate", "")), ("Enabled", ""))
    equal(world.root.call("Decrypt", CiphertextBlob=sealed)["Plaintext"], HELLO)


@scenario
def states_refuse_cryptography(world: World) -> None:
    for alias, name in STATES.items():
        key = sandbox.KEYS[alias]
        for action, params in uses(key.id, key.seal(HELLO)):
            rejected(name).of(world.root, action, **params)


@scenario
def states_refuse_state_changes(world: World) -> None:
    table = {
        "app": ["CancelKeyDeletion"],
        "disabled": ["CancelKeyDeletion"],
        "pending-deletion": ["EnableKey", "DisableKey", "ScheduleKeyDeletion", "CreateAlias"],
        "pending-import": ["EnableKey", "DisableKey", "CancelKeyDeletion"],
    }
    extra = {"ScheduleKeyDeletion": {"PendingWindowInDays": 7}, "CreateAlias": {"AliasName": new_alias()}}
    for alias, actions in table.items():
        for action in actions:
            params = extra.get(action, {})
            STATE_MODIFIED_FAILED.of(world.root, action, KeyId=sandbox.KEYS[alias].id, **params)


# ---- material that the owner brings


@scenario
def material_is_imported_deleted_and_imported_again(world: World) -> None:
    material = os.urandom(32)
    key_id = world.root.call("CreateKey", Origin="EXTERNAL")["KeyMetadata"]["KeyId"]
    equal(state(world.root, key_id), "PendingImport")

    def bring(what: bytes, expires: int) -> Dict[str, Any]:
        asked = world.root.call(
            "GetParametersForImport", KeyId=key_id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"
        )
        equal(asked["KeyId"], key_id)
        near(asked["TokenExpireTime"], timedelta(days=1))
        public_key = serialization.load_der_public_key(base64.b64decode(asked["PublicKey"], validate=True))
        oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
        return {
            "KeyId": key_id,
            "EncryptedKeyMaterial": b64(public_key.encrypt(what, oaep)),
            "ImportToken": asked["ImportToken"],
            "KeyMaterialExpireUnix": expires,
        }

    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    world.root.call("ImportKeyMaterial", **bring(material, int(tomorrow.timestamp())))
    described = world.root.call("DescribeKey", KeyId=key_id)["KeyMetadata"]
    holds(described, KeyState="Enabled", Origin="EXTERNAL")
    near(described["MaterialExpireTime"], timedelta(days=1))
    sealed = world.root.call("Encrypt", KeyId=key_id, Plaintext=HELLO)["CiphertextBlob"]
    world.root.call("DeleteKeyMaterial", KeyId=key_id)
    rejected("PendingImport").of(world.root, "Decrypt", CiphertextBlob=sealed)
    INVALID_MATERIAL.of(world.root, "ImportKeyMaterial", **bring(os.urandom(32), 0))
    world.root.call("ImportKeyMaterial", **bring(material, 0))
    equal(world.root.call("Decrypt", CiphertextBlob=sealed)["Plaintext"], HELLO)
    UNSUPPORTED_ORIGIN.of(world.root, "DeleteKeyMaterial", KeyId=APP.id)


# ---- DryRun


@scenario
def dry_run_would_succeed(world: World) -> None:
    for client in (world.root, world.user("app")):
        WOULD_SUCCEED.of(client, "Decrypt", CiphertextBlob=APP.seal(HELLO), DryRun="true")
    for action, params in uses(APP.id, APP.seal(HELLO)):
        for yes in ("true", "True", "TRUE"):
            WOULD_SUCCEED.of(world.root, action, DryRun=yes, **params)
        for no in ("false", "False", ""):
            world.root.call(action, DryRun=no, **params)


@scenario
def dry_run_finds_bad_parameters(world: World) -> None:
    blob = APP.seal(HELLO)
    context = {"EncryptionContext": {"n": 1}}
    table: List[Any] = [
        (missing("KeyId"), "Encrypt", dict(Plaintext=HELLO)),
        (missing("Plaintext"), "Encrypt", dict(KeyId=APP.id)),
        (missing("CiphertextBlob"), "Decrypt", {}),
        (missing("DestinationKeyId"), "ReEncrypt", dict(CiphertextBlob=blob)),
        (invalid("NumberOfBytes"), "GenerateDataKey", dict(KeyId=APP.id, NumberOfBytes=1025)),
        (invalid("KeySpec"), "GenerateDataKeyWithoutPlaintext", dict(KeyId=APP.id, KeySpec="AES_512")),
        (invalid("EncryptionContext"), "Encrypt", dict(KeyId=APP.id, Plaintext=HELLO, **context)),
        (invalid("CiphertextBlob"), "Decrypt", dict(CiphertextBlob="no base64!")),
        (invalid("CiphertextBlob"), "Decrypt", dict(CiphertextBlob=APP.seal(HELLO, CONTEXT))),
        (invalid("CiphertextBlob"), "Decrypt", dict(CiphertextBlob=blob, EncryptionContext={"a": "b"})),
    ]
    for fault, action, params in table:
        fault.of(world.root, action, **params)
        would_be_invalid(fault).of(world.root, action, DryRun="true", **params)
    for word in ("maybe", "1"):
        would_be_invalid(invalid("DryRun")).of(world.root, "Decrypt", CiphertextBlob=blob, DryRun=word)


@scenario
def dry_run_finds_missing_permissions(world: World) -> None:
    nobody = world.user("nobody")
    for action, params in uses(APP.id, APP.seal(HELLO)):
        refusal = WOULD_BE_DENIED.of(nobody, action, DryRun="true", **params)
        asked = {"ReEncrypt": "ReEncryptFrom"}.get(action, action)
        denial(nobody, refusal, f"kms:{asked}", "ImplicitDeny")
    refusal = WOULD_BE_DENIED.of(world.user("almost"), "Decrypt", CiphertextBlob=APP.seal(HELLO), DryRun="true")
    denial(world.user("almost"), refusal, "kms:Decrypt", "ExplicitDeny")
    WOULD_BE_DENIED.of(world.user("app"), "Decrypt", CiphertextBlob=OTHER.seal(HELLO), DryRun="true")


@scenario
def dry_run_keeps_other_refusals(world: World) -> None:
    stranger = str(uuid.uuid4())
    KEY_NOT_FOUND.of(world.root, "Encrypt", KeyId=stranger, Plaintext=HELLO, DryRun="true")
    ALIAS_NOT_FOUND.of(world.root, "GenerateDataKey", KeyId="alias/nothing-here", DryRun="true")
    for alias, name in STATES.items():
        key = sandbox.KEYS[alias]
        for action, params in uses(key.id, key.seal(HELLO)):
            rejected(name).of(world.root, action, DryRun="true", **params)


# ---- permissions


@scenario
def user_without_policies_is_refused(world: World) -> None:
    nobody, stranger = world.user("nobody"), str(uuid.uuid4())
    lost_blob = APP.seal(HELLO).replace(*versions(APP.primary, stranger))
    table: List[Any] = [
        ("ListKeys", {}, sandbox.arn("key")),
        ("CreateKey", {}, sandbox.arn("key")),
        ("ListAliases", {}, sandbox.arn("alias")),
        ("DescribeKey", dict(KeyId=APP.id), APP.arn),
        ("DescribeKey", dict(KeyId="alias/app"), APP.arn),
        ("DescribeKey", dict(KeyId=stranger), sandbox.key_arn(stranger)),
        ("DescribeKey", dict(KeyId="alias/nothing-here"), sandbox.arn("alias/nothing-here")),
        ("DisableKey", dict(KeyId=APP.arn), APP.arn),
        ("ScheduleKeyDeletion", dict(KeyId=APP.id, PendingWindowInDays=7), APP.arn),
        ("Encrypt", dict(KeyId=sandbox.arn("alias/app"), Plaintext=HELLO), APP.arn),
        ("Decrypt", dict(CiphertextBlob=APP.seal(HELLO)), APP.arn),
        ("Decrypt", dict(CiphertextBlob=lost_blob), sandbox.key_arn(stranger)),
        ("GenerateDataKey", dict(KeyId=sandbox.KEYS["disabled"].id), sandbox.KEYS["disabled"].arn),
    ]
    for action, params, arn in table:
        denial(nobody, forbidden(arn).of(nobody, action, **params), f"kms:{action}", "ImplicitDeny")
    nobody.call("DescribeRegions")


@scenario
def reader_may_only_read(world: World) -> None:
    reader = world.user("reader")
    reader.call("ListKeys")
    reader.call("ListAliases")
    equal(reader.call("DescribeKey", KeyId="alias/app")["KeyMetadata"]["KeyId"], APP.id)
    forbidden(APP.arn).of(reader, "Encrypt", KeyId=APP.id, Plaintext=HELLO)
    forbidden(APP.arn).of(reader, "Decrypt", CiphertextBlob=APP.seal(HELLO))
    forbidden(sandbox.arn("key")).of(reader, "CreateKey")


@scenario
def user_may_decrypt_with_one_key(world: World) -> None:
    app = world.user("app")
    equal(app.call("Decrypt", CiphertextBlob=APP.seal(HELLO))["Plaintext"], HELLO)
    denial(app, forbidden(OTHER.arn).of(app, "Decrypt", CiphertextBlob=OTHER.seal(HELLO)), "kms:Decrypt", "ImplicitDeny")
    forbidden(APP.arn).of(app, "Encrypt", KeyId="alias/app", Plaintext=HELLO)


@scenario
def tags_decide(world: World) -> None:
    developer = world.user("developer")
    sealed = developer.call("Encrypt", KeyId="alias/dev", Plaintext=HELLO)["CiphertextBlob"]
    equal(developer.call("Decrypt", CiphertextBlob=sealed)["Plaintext"], HELLO)
    forbidden(APP.arn).of(developer, "Encrypt", KeyId="alias/app", Plaintext=HELLO)


@scenario
def deny_wins(world: World) -> None:
    almost = world.user("almost")
    equal(almost.call("Decrypt", CiphertextBlob=OTHER.seal(HELLO))["Plaintext"], HELLO)
    refusal = forbidden(APP.arn).of(almost, "Decrypt", CiphertextBlob=APP.seal(HELLO))
    denial(almost, refusal, "kms:Decrypt", "ExplicitDeny")


@scenario
def re_encrypt_needs_both_permissions(world: World) -> None:
    mover = world.user("mover")
    params = dict(CiphertextBlob=APP.seal(HELLO), DestinationKeyId="alias/other")
    denial(mover, forbidden(OTHER.arn).of(mover, "ReEncrypt", **params), "kms:ReEncryptTo", "ImplicitDeny")
    denial(mover, WOULD_BE_DENIED.of(mover, "ReEncrypt", DryRun="true", **params), "kms:ReEncryptTo", "ImplicitDeny")
    params = dict(CiphertextBlob=OTHER.seal(HELLO), DestinationKeyId="alias/app")
    denial(mover, forbidden(OTHER.arn).of(mover, "ReEncrypt", **params), "kms:ReEncryptFrom", "ImplicitDeny")


# ---- the front door


@scenario
def wrong_secret_is_told(world: World) -> None:
    for action, params in [("DescribeRegions", {}), *uses(APP.id, APP.seal(HELLO))]:
        client = world.connect("yaoshi", "not-the-secret")
        try:
            answer = client.call(action, **params)
        except Refused as refusal:
            status, code, message = client.signature_mismatch
            equal((refusal.status, refusal.code), (status, code))
            assert message.fullmatch(refusal.message), refusal.message
        else:
            raise AssertionError(f"{action} was answered: {answer}")


@scenario
def access_keys_must_be_known_and_active(world: World) -> None:
    unknown = Fault(
        404, "InvalidAccessKeyId.NotFound", "The Access Key ID provided does not exist in our records."
    )
    unknown.of(world.connect("LTAI5tUnknown", "secret"), "DescribeRegions")
    if world.root.has_access_key:
        inactive = Fault(403, "Forbidden.AccessKey", "This AccessKey is not enabled.")
        inactive.of(world.user("app-retired"), "Decrypt", CiphertextBlob=APP.seal(HELLO))


@scenario
def missing_parameters_are_named(world: World) -> None:
    table: List[Any] = [
        ("DescribeKey", {}, "KeyId"),
        ("EnableKey", {}, "KeyId"),
        ("ScheduleKeyDeletion", dict(KeyId=APP.id), "PendingWindowInDays"),
        ("CreateAlias", dict(KeyId=APP.id), "AliasName"),
        ("UpdateAlias", dict(KeyId=APP.id), "AliasName"),
        ("UpdateKeyDescription", dict(KeyId=APP.id), "Description"),
        ("SetDeletionProtection", dict(EnableDeletionProtection=True), "ProtectedResourceArn"),
        ("CreateKeyVersion", {}, "KeyId"),
        ("DescribeKeyVersion", dict(KeyId=APP.id), "KeyVersionId"),
        ("TagResources", dict(ResourceType="key", ResourceId=[APP.id]), "Tag"),
        ("TagResources", dict(ResourceType="key", Tag=[{"Key": "k", "Value": "v"}]), "ResourceId"),
        ("DeleteAlias", {}, "AliasName"),
        ("Encrypt", dict(Plaintext=HELLO), "KeyId"),
        ("Encrypt", dict(KeyId=APP.id), "Plaintext"),
        ("Decrypt", {}, "CiphertextBlob"),
        ("ReEncrypt", dict(DestinationKeyId=APP.id), "CiphertextBlob"),
        ("GenerateDataKey", {}, "KeyId"),
        ("GenerateDataKeyWithoutPlaintext", {}, "KeyId"),
    ]
    for action, params, name in table:
        missing(name).of(world.root, action, **params)


@scenario
def endpoint_may_carry_scheme_and_path(world: World) -> None:
    for endpoint in (f"http://{world.endpoint}", f"{world.endpoint}/kms"):
        client = world.flavour.connect(endpoint, "yaoshi", "yaoshi")
        equal(client.call("Decrypt", CiphertextBlob=APP.seal(HELLO))["Plaintext"], HELLO)
