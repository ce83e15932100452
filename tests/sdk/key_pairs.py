"""What every official SDK must see of key pairs, of MAC keys, and of data keys that leave the service or stay in it.

RSA and ECDSA are judged by `cryptography`, codes by `hmac`, SM2 by the examples of its standard.
"""

import base64
import hashlib
import hmac
import json
import uuid
from typing import Any, Dict, List

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

import sandbox
from sandbox import PAIRS, Pair
from words import (
    CONTEXT, HELLO, NOT_SUPPORTED, RESOURCE_NOT_FOUND, UNSUPPORTED, UNSUPPORTED_ORIGIN, UUID,
    VERSION_NOT_FOUND, WOULD_BE_DENIED, WOULD_SUCCEED, World, all_keys, b64, denial, equal, flipped,
    forbidden, holds, invalid, missing, rejected, scenario, would_be_invalid
)

APP, DISABLED = sandbox.KEYS["app"], sandbox.KEYS["disabled"]
RSA, RSA_SIGNER, EC_SIGNER, MAC = PAIRS["rsa"], PAIRS["rsa-sign"], PAIRS["ec-sign"], PAIRS["mac"]
SM2, SM2_SIGNER = PAIRS["sm2"], PAIRS["sm2-sign"]

DIGEST = hashlib.sha256(b"hello, world").digest()
OTHER_DIGEST = hashlib.sha256(b"hello, World").digest()

_PREHASHED = utils.Prehashed(hashes.SHA256())
_PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
SIGNATURES: Dict[str, Any] = {
    "RSA_PSS_SHA_256": (_PSS, _PREHASHED),
    "RSA_PKCS1_SHA_256": (padding.PKCS1v15(), _PREHASHED),
    "ECDSA_SHA_256": (ec.ECDSA(_PREHASHED),),
}
"""What `cryptography` wants to know after the digest."""
SIGNERS = [
    (RSA_SIGNER, "RSA_PSS_SHA_256"),
    (RSA_SIGNER, "RSA_PKCS1_SHA_256"),
    (EC_SIGNER, "ECDSA_SHA_256"),
    (PAIRS["ec-k-sign"], "ECDSA_SHA_256"),
]
OAEP = {
    name: padding.OAEP(mgf=padding.MGF1(algorithm), algorithm=algorithm, label=None)
    for name, algorithm in (("RSAES_OAEP_SHA_1", hashes.SHA1()), ("RSAES_OAEP_SHA_256", hashes.SHA256()))
}


def _hex(text: str) -> str:
    return b64(bytes.fromhex(text))


# GB/T 32918.5-2017. Appendix A: the public key, and the signature of "message digest" by 1234567812345678, in DER.
SM2_PUBLIC_KEY = _hex(
    "3059301306072a8648ce3d020106082a811ccf5501822d03420004"
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
SM2_DIGEST = _hex("f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640")
SM2_SIGNATURE = _hex(
    "3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)
# Appendix C: C1, C3, C2.
SM2_MESSAGE = b64(b"encryption standard")
SM2_CIPHERTEXT = _hex(
    "0404ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73"
    "e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0"
    "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766"
    "21886ca989ca9c7d58087307ca93092d651efa"
)


# ---- keys


@scenario
def keys_of_other_specs_are_created_and_described(world: World) -> None:
    table = [
        ("RSA_2048", "ENCRYPT/DECRYPT"),
        ("EC_P256", "SIGN/VERIFY"),
        ("EC_P256K", "SIGN/VERIFY"),
        ("EC_SM2", "SIGN/VERIFY"),
        ("EC_SM2", "ENCRYPT/DECRYPT"),
        ("HMAC_SHA_256", "GENERATE/VERIFY_MAC"),
    ]
    for spec, usage in table:
        made = world.root.call("CreateKey", KeySpec=spec, KeyUsage=usage)["KeyMetadata"]
        holds(made, KeySpec=spec, KeyUsage=usage, KeyState="Enabled", Origin="Aliyun_KMS", AutomaticRotation="Disabled")
        assert UUID.fullmatch(made["PrimaryKeyVersion"]), made
        described = world.root.call("DescribeKey", KeyId=made["KeyId"])["KeyMetadata"]
        holds(described, **made)
    made = world.root.call("CreateKey", KeySpec="EC_P256")["KeyMetadata"]
    equal(made["KeyUsage"], "SIGN/VERIFY")
    bad: List[Any] = [
        ("KeyUsage", dict(KeySpec="EC_P256", KeyUsage="ENCRYPT/DECRYPT")),
        ("KeyUsage", dict(KeySpec="HMAC_SHA_256", KeyUsage="SIGN/VERIFY")),
        ("KeyUsage", dict(KeyUsage="SIGN/VERIFY")),
        ("KeySpec", dict(KeySpec="RSA_1024")),
        ("Origin", dict(KeySpec="RSA_2048", Origin="EXTERNAL")),
    ]
    for name, params in bad:
        invalid(name).of(world.root, "CreateKey", **params)


@scenario
def pairs_of_the_sandbox_file_are_described(world: World) -> None:
    for alias, key in PAIRS.items():
        for name in (key.id, f"alias/{alias}", key.arn):
            described = world.root.call("DescribeKey", KeyId=name)["KeyMetadata"]
            holds(described, KeyId=key.id, Arn=key.arn, KeySpec=key.spec, KeyUsage=key.usage)
            equal(described["PrimaryKeyVersion"], key.version)


@scenario
def keys_are_filtered_by_spec_and_usage(world: World) -> None:
    table = [
        ([("KeySpec", ["RSA_2048"])], ["rsa", "rsa-sign"]),
        ([("KeySpec", ["EC_P256", "EC_P256K"])], ["ec-sign", "ec-k-sign"]),
        ([("KeyUsage", ["SIGN/VERIFY"])], ["rsa-sign", "ec-sign", "ec-k-sign", "sm2-sign"]),
        ([("KeyUsage", ["GENERATE/VERIFY_MAC"])], ["mac"]),
        ([("KeySpec", ["EC_SM2"]), ("KeyUsage", ["ENCRYPT/DECRYPT"])], ["sm2"]),
    ]
    for filters, within in table:
        listed = all_keys(world.root, json.dumps([{"Key": key, "Values": values} for key, values in filters]))
        equal({alias for alias, key in PAIRS.items() if key.id in listed}, set(within))
        assert APP.id not in listed, filters


@scenario
def keys_do_what_they_are_made_for(world: World) -> None:
    signature = dict(Algorithm="RSA_PSS_SHA_256", Digest=b64(DIGEST))
    oaep = dict(Algorithm="RSAES_OAEP_SHA_256")
    mac = dict(Algorithm="HMAC_SHA_256", Message=HELLO)
    table: List[Any] = [
        (NOT_SUPPORTED, "Encrypt", dict(KeyId=RSA.id, Plaintext=HELLO)),
        (NOT_SUPPORTED, "GenerateDataKey", dict(KeyId=MAC.id)),
        (NOT_SUPPORTED, "GenerateAndExportDataKey", dict(KeyId=RSA.id, **wrapping(RSA))),
        (NOT_SUPPORTED, "AsymmetricSign", dict(**of(RSA), **signature)),
        (NOT_SUPPORTED, "AsymmetricVerify", dict(**of(MAC), Value=HELLO, **signature)),
        (NOT_SUPPORTED, "GetPublicKey", of(MAC)),
        (NOT_SUPPORTED, "GetPublicKey", dict(KeyId=APP.id, KeyVersionId=APP.primary)),
        (NOT_SUPPORTED, "GenerateMac", dict(KeyId=EC_SIGNER.id, **mac)),
        (NOT_SUPPORTED, "VerifyMac", dict(KeyId=APP.id, Mac=HELLO, **mac)),
        (UNSUPPORTED, "AsymmetricEncrypt", dict(**of(RSA_SIGNER), Plaintext=HELLO, **oaep)),
        (UNSUPPORTED, "AsymmetricDecrypt", dict(**of(SM2_SIGNER), CiphertextBlob=SM2_CIPHERTEXT, Algorithm="SM2PKE")),
        (UNSUPPORTED, "CreateKeyVersion", dict(KeyId=MAC.id)),
        (
            UNSUPPORTED,
            "UpdateRotationPolicy",
            dict(KeyId=RSA.id, EnableAutomaticRotation=True, RotationInterval="30d"),
        ),
        (
            UNSUPPORTED_ORIGIN,
            "GetParametersForImport",
            dict(KeyId=RSA.id, WrappingAlgorithm="RSAES_OAEP_SHA_256", WrappingKeySpec="RSA_2048"),
        ),
    ]
    for fault, action, params in table:
        fault.of(world.root, action, **params)


# ---- signatures


@scenario
def public_keys_are_shown(world: World) -> None:
    for alias, key in PAIRS.items():
        if key is MAC:
            continue
        shown = world.root.call("GetPublicKey", KeyId=f"alias/{alias}", KeyVersionId=key.version)
        holds(shown, **of(key))
        if key.private is None:
            equal(unwrapped(shown["PublicKey"]), SM2_PUBLIC_KEY)
        else:
            public_key = serialization.load_pem_public_key(shown["PublicKey"].encode())
            equal(public_key.public_numbers(), key.private.public_key().public_numbers())
    VERSION_NOT_FOUND.of(world.root, "GetPublicKey", KeyId=RSA.id, KeyVersionId=RSA_SIGNER.version)


@scenario
def signatures_verify_with_the_public_key(world: World) -> None:
    for key, algorithm in SIGNERS:
        scheme = dict(**of(key), Algorithm=algorithm)
        signed = world.root.call("AsymmetricSign", Digest=b64(DIGEST), **scheme)
        holds(signed, **of(key))
        shown = world.root.call("GetPublicKey", **of(key))["PublicKey"]
        public_key = serialization.load_pem_public_key(shown.encode())
        signature = base64.b64decode(signed["Value"], validate=True)
        public_key.verify(signature, DIGEST, *SIGNATURES[algorithm])
        ours = key.private.sign(DIGEST, *SIGNATURES[algorithm])
        table = [
            (signature, DIGEST, True),
            (ours, DIGEST, True),
            (ours, OTHER_DIGEST, False),
            (flipped(ours, len(ours) - 1), DIGEST, False),
            (b"no signature", DIGEST, False),
        ]
        for value, digest, is_right in table:
            verified = world.root.call("AsymmetricVerify", Digest=b64(digest), Value=b64(value), **scheme)
            holds(verified, **of(key))
            assert verified["Value"] is is_right, (algorithm, verified)


@scenario
def sm2_signatures_verify(world: World) -> None:
    scheme = dict(**of(SM2_SIGNER), Algorithm="SM2DSA")
    signed = world.root.call("AsymmetricSign", Digest=SM2_DIGEST, **scheme)
    holds(signed, **of(SM2_SIGNER))
    assert signed["Value"] != SM2_SIGNATURE, "the example's secret number"
    table = [
        (signed["Value"], SM2_DIGEST, True),
        (SM2_SIGNATURE, SM2_DIGEST, True),
        (SM2_SIGNATURE, b64(DIGEST), False),
        (signed["Value"], b64(DIGEST), False),
    ]
    for value, digest, is_right in table:
        verified = world.root.call("AsymmetricVerify", Digest=digest, Value=value, **scheme)
        assert verified["Value"] is is_right, verified


@scenario
def signatures_have_rules(world: World) -> None:
    right = dict(**of(EC_SIGNER), Algorithm="ECDSA_SHA_256", Digest=b64(DIGEST))
    table: List[Any] = [
        (invalid("Algorithm"), dict(Algorithm="RSA_PSS_SHA_256")),
        (invalid("Algorithm"), dict(Algorithm="ECDSA_SHA_512")),
        (invalid("Digest"), dict(Digest=b64(DIGEST[1:]))),
        (invalid("Digest"), dict(Digest="no base64!")),
        (VERSION_NOT_FOUND, dict(KeyVersionId=RSA_SIGNER.version)),
        (VERSION_NOT_FOUND, dict(KeyVersionId=str(uuid.uuid4()))),
    ]
    for fault, wrong in table:
        fault.of(world.root, "AsymmetricSign", **{**right, **wrong})
        fault.of(world.root, "AsymmetricVerify", **{**right, "Value": HELLO, **wrong})
    invalid("Value").of(world.root, "AsymmetricVerify", Value="no base64!", **right)


# ---- encryption to public keys


@scenario
def messages_are_encrypted_to_public_keys(world: World) -> None:
    for algorithm, oaep in OAEP.items():
        scheme = dict(**of(RSA), Algorithm=algorithm)
        sealed = world.root.call("AsymmetricEncrypt", Plaintext=HELLO, **scheme)
        holds(sealed, **of(RSA))
        raw = base64.b64decode(sealed["CiphertextBlob"], validate=True)
        equal(b64(RSA.private.decrypt(raw, oaep)), HELLO)
        shown = world.root.call("GetPublicKey", **of(RSA))["PublicKey"]
        ours = serialization.load_pem_public_key(shown.encode()).encrypt(base64.b64decode(HELLO), oaep)
        opened = world.root.call("AsymmetricDecrypt", CiphertextBlob=b64(ours), **scheme)
        holds(opened, Plaintext=HELLO, **of(RSA))
    scheme = dict(**of(SM2), Algorithm="SM2PKE")
    sealed = world.root.call("AsymmetricEncrypt", Plaintext=HELLO, **scheme)["CiphertextBlob"]
    for blob, message in ((sealed, HELLO), (SM2_CIPHERTEXT, SM2_MESSAGE)):
        opened = world.root.call("AsymmetricDecrypt", CiphertextBlob=blob, **scheme)
        holds(opened, Plaintext=message, **of(SM2))


@scenario
def encryption_to_public_keys_has_rules(world: World) -> None:
    right = dict(**of(RSA), Algorithm="RSAES_OAEP_SHA_256")
    sealed = world.root.call("AsymmetricEncrypt", Plaintext=b64(bytes(190)), **right)["CiphertextBlob"]
    raw = base64.b64decode(sealed)
    table: List[Any] = [
        (invalid("Algorithm"), dict(Algorithm="SM2PKE")),
        (invalid("Algorithm"), dict(Algorithm="RSAES_PKCS1_V1_5")),
        (VERSION_NOT_FOUND, dict(KeyVersionId=SM2.version)),
    ]
    for fault, wrong in table:
        fault.of(world.root, "AsymmetricEncrypt", **{**right, "Plaintext": HELLO, **wrong})
        fault.of(world.root, "AsymmetricDecrypt", **{**right, "CiphertextBlob": sealed, **wrong})
    for plaintext in (b64(bytes(191)), "no base64!"):
        invalid("Plaintext").of(world.root, "AsymmetricEncrypt", Plaintext=plaintext, **right)
    for blob in (b64(flipped(raw, 255)), b64(raw[1:]), "no base64!"):
        invalid("CiphertextBlob").of(world.root, "AsymmetricDecrypt", CiphertextBlob=blob, **right)
    other = dict(right, Algorithm="RSAES_OAEP_SHA_1")
    invalid("CiphertextBlob").of(world.root, "AsymmetricDecrypt", CiphertextBlob=sealed, **other)


@scenario
def messages_move_from_public_keys_to_another_key(world: World) -> None:
    ours = RSA.private.public_key().encrypt(base64.b64decode(HELLO), OAEP["RSAES_OAEP_SHA_256"])
    table = [(RSA, "RSAES_OAEP_SHA_256", b64(ours), HELLO), (SM2, "SM2PKE", SM2_CIPHERTEXT, SM2_MESSAGE)]
    for key, algorithm, blob, message in table:
        source: Dict[str, Any] = dict(
            SourceKeyId=key.id, SourceKeyVersionId=key.version, SourceEncryptionAlgorithm=algorithm
        )
        there = dict(DestinationKeyId=APP.id, DestinationEncryptionContext=CONTEXT)
        moved = world.root.call("ReEncrypt", CiphertextBlob=blob, **source, **there)
        holds(moved, **of(key))
        equal(APP.open(moved["CiphertextBlob"], CONTEXT), message)
        opened = world.root.call("Decrypt", CiphertextBlob=moved["CiphertextBlob"], EncryptionContext=CONTEXT)
        equal(opened["Plaintext"], message)
        for name in ("SourceKeyId", "SourceKeyVersionId"):
            less = {other: value for other, value in source.items() if other != name}
            missing(name).of(world.root, "ReEncrypt", CiphertextBlob=blob, **less, **there)
        wrong = dict(source, SourceEncryptionAlgorithm="RSAES_PKCS1_V1_5")
        invalid("SourceEncryptionAlgorithm").of(world.root, "ReEncrypt", CiphertextBlob=blob, **wrong, **there)
        invalid("CiphertextBlob").of(world.root, "ReEncrypt", CiphertextBlob=HELLO, **source, **there)


@scenario
def nothing_is_encrypted_to_enclaves(world: World) -> None:
    sealed = dict(**of(SM2), Algorithm="SM2PKE", CiphertextBlob=SM2_CIPHERTEXT)
    table: List[Any] = [
        ("Decrypt", dict(CiphertextBlob=APP.seal(HELLO))),
        ("GenerateDataKey", dict(KeyId=APP.id)),
        ("AsymmetricDecrypt", sealed),
    ]
    for action, params in table:
        recipient = json.dumps({"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": HELLO})
        NOT_SUPPORTED.of(world.root, action, Recipient=recipient, **params)
        invalid("Recipient").of(world.root, action, Recipient="{", **params)


# ---- message authentication codes


@scenario
def codes_are_those_of_the_key(world: World) -> None:
    for message in (b"hello, world", b"\0", bytes(range(256)) * 32):
        scheme = dict(KeyId="alias/mac", Algorithm="HMAC_SHA_256", Message=b64(message))
        code = hmac.new(MAC.private, message, "sha256").digest()
        made = world.root.call("GenerateMac", **scheme)
        holds(made, KeyId=MAC.id, Algorithm="HMAC_SHA_256", Mac=b64(code))
        for value, is_right in ((code, True), (flipped(code, 31), False), (code[:31], False)):
            verified = world.root.call("VerifyMac", Mac=b64(value), **scheme)
            holds(verified, KeyId=MAC.id, Algorithm="HMAC_SHA_256")
            assert verified["Value"] is is_right, verified
    right = dict(KeyId=MAC.id, Algorithm="HMAC_SHA_256", Message=HELLO)
    table = [
        ("Algorithm", dict(Algorithm="HMAC_SHA_384")),
        ("Algorithm", dict(Algorithm="HMAC_MD5")),
        ("Message", dict(Message="no base64!")),
    ]
    for name, wrong in table:
        invalid(name).of(world.root, "GenerateMac", **{**right, **wrong})
        invalid(name).of(world.root, "VerifyMac", **{**right, "Mac": HELLO, **wrong})
    invalid("Mac").of(world.root, "VerifyMac", Mac="no base64!", **right)


# ---- data keys


@scenario
def data_keys_leave_under_a_public_key(world: World) -> None:
    for algorithm, oaep in OAEP.items():
        there = wrapping(RSA, algorithm)
        for params, length in (({}, 32), ({"KeySpec": "AES_128"}, 16), ({"NumberOfBytes": 190}, 190)):
            if (algorithm, length) == ("RSAES_OAEP_SHA_1", 190):
                length = params["NumberOfBytes"] = 214
            made = world.root.call(
                "GenerateAndExportDataKey", KeyId="alias/app", EncryptionContext=CONTEXT, **params, **there
            )
            holds(made, KeyId=APP.id, KeyVersionId=APP.primary)
            data_key = RSA.private.decrypt(base64.b64decode(made["ExportedDataKey"], validate=True), oaep)
            equal(len(data_key), length)
            equal(APP.open(made["CiphertextBlob"], CONTEXT), b64(data_key))
        again = dict(CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT, **there)
        exported = world.root.call("ExportDataKey", **again)
        holds(exported, KeyId=APP.id, KeyVersionId=APP.primary)
        equal(RSA.private.decrypt(base64.b64decode(exported["ExportedDataKey"], validate=True), oaep), data_key)
    sealed = world.root.call("GenerateDataKeyWithoutPlaintext", KeyId=APP.id)["CiphertextBlob"]
    exported = world.root.call("ExportDataKey", CiphertextBlob=sealed, **wrapping(SM2))["ExportedDataKey"]
    opened = world.root.call("AsymmetricDecrypt", CiphertextBlob=exported, Algorithm="SM2PKE", **of(SM2))
    equal(opened["Plaintext"], APP.open(sealed))


@scenario
def exports_have_rules(world: World) -> None:
    there = wrapping(RSA)
    generate: Dict[str, Any] = dict(KeyId=APP.id, **there)
    export: Dict[str, Any] = dict(CiphertextBlob=APP.seal(b64(bytes(32))), **there)
    table: List[Any] = [
        (invalid("PublicKeyBlob"), dict(PublicKeyBlob="no base64!")),
        (invalid("PublicKeyBlob"), dict(PublicKeyBlob=SM2_PUBLIC_KEY)),
        (invalid("PublicKeyBlob"), dict(WrappingKeySpec="EC_SM2", WrappingAlgorithm="SM2PKE")),
        (invalid("WrappingAlgorithm"), dict(WrappingAlgorithm="SM2PKE")),
        (invalid("WrappingAlgorithm"), dict(WrappingAlgorithm="RSAES_PKCS1_V1_5")),
        (invalid("WrappingKeySpec"), dict(WrappingKeySpec="RSA_3072")),
    ]
    for fault, wrong in table:
        fault.of(world.root, "GenerateAndExportDataKey", **{**generate, **wrong})
        fault.of(world.root, "ExportDataKey", **{**export, **wrong})
    for length in (0, 191, 1025):
        invalid("NumberOfBytes").of(world.root, "GenerateAndExportDataKey", NumberOfBytes=length, **generate)
    blobs = [APP.seal(b64(bytes(191))), APP.seal(HELLO, CONTEXT), "no base64!"]
    for blob in blobs:
        invalid("CiphertextBlob").of(world.root, "ExportDataKey", **{**export, "CiphertextBlob": blob})


@scenario
def managed_data_keys_are_shown_and_listed(world: World) -> None:
    first, latest = sandbox.DATA_KEYS["app-data"]
    table: List[Any] = [
        ({}, first),
        (dict(UseLatest=False), first),
        (dict(UseLatest=True), latest),
        (dict(DataKeyVersionId=latest["id"]), latest),
        (dict(DataKeyVersionId=first["id"], UseLatest=True), first),
    ]
    for params, version in table:
        shown = world.root.call("GetManagedDataKey", DataKeyName="app-data", **params)
        holds(shown, DataKeyName="app-data", Plaintext=version["material"], **listed_version("app-data", version))
    pages: List[Any] = [
        ({}, (1, 10), [first, latest]),
        (dict(PageNumber=2, PageSize=1), (2, 1), [latest]),
        (dict(PageNumber=2), (2, 10), []),
    ]
    for params, (number, size), within in pages:
        answer = world.root.call("ListManagedDataKeyVersions", DataKeyName="app-data", **params)
        rows = [listed_version("app-data", version) for version in within]
        holds(answer, DataKeyName="app-data", ManagedDataKeyVersions={"ManagedDataKeyVersion": rows})
        holds(answer, TotalCount=2, PageNumber=number, PageSize=size)


@scenario
def managed_data_keys_have_rules(world: World) -> None:
    nobody, arn = world.user("nobody"), sandbox.arn("datakey/app-data")
    for action in ("GetManagedDataKey", "ListManagedDataKeyVersions"):
        missing("DataKeyName").of(world.root, action)
        RESOURCE_NOT_FOUND.of(world.root, action, DataKeyName="nothing-here")
        refusal = forbidden(arn).of(nobody, action, DataKeyName="app-data")
        denial(nobody, refusal, f"kms:{action}", "ImplicitDeny")
    RESOURCE_NOT_FOUND.of(world.root, "GetManagedDataKey", DataKeyName="app-data", DataKeyVersionId="nothingHere")
    invalid("UseLatest").of(world.root, "GetManagedDataKey", DataKeyName="app-data", UseLatest="perhaps")
    for bad in (dict(PageSize=101), dict(PageSize=0), dict(PageNumber=0)):
        invalid(*bad).of(world.root, "ListManagedDataKeyVersions", DataKeyName="app-data", **bad)
    rejected("Disabled").of(world.root, "GetManagedDataKey", DataKeyName="idle-data")
    listed = world.root.call("ListManagedDataKeyVersions", DataKeyName="idle-data")
    equal(listed["TotalCount"], 1)


# ---- states, DryRun, permissions


@scenario
def states_refuse_pairs_and_mac_keys(world: World) -> None:
    pair = world.root.call("CreateKey", KeySpec="EC_P256")["KeyMetadata"]
    secret = world.root.call("CreateKey", KeySpec="HMAC_SHA_256")["KeyMetadata"]["KeyId"]
    version = dict(KeyId=pair["KeyId"], KeyVersionId=pair["PrimaryKeyVersion"])
    scheme = dict(Algorithm="ECDSA_SHA_256", Digest=b64(DIGEST), **version)
    mac = dict(KeyId=secret, Algorithm="HMAC_SHA_256", Message=HELLO)
    shown = world.root.call("GetPublicKey", **version)["PublicKey"]
    steps: List[Any] = [
        ("DisableKey", {}, "Disabled"),
        ("ScheduleKeyDeletion", dict(PendingWindowInDays=7), "PendingDeletion"),
    ]
    for step, params, name in steps:
        for key_id in (pair["KeyId"], secret):
            world.root.call(step, KeyId=key_id, **params)
        rejected(name).of(world.root, "AsymmetricSign", **scheme)
        rejected(name).of(world.root, "AsymmetricVerify", Value=HELLO, **scheme)
        rejected(name).of(world.root, "GenerateMac", **mac)
        rejected(name).of(world.root, "VerifyMac", Mac=HELLO, **mac)
        equal(world.root.call("GetPublicKey", **version)["PublicKey"], shown)
    rejected("Disabled").of(world.root, "GenerateAndExportDataKey", KeyId=DISABLED.id, **wrapping(RSA))
    rejected("Disabled").of(world.root, "ExportDataKey", CiphertextBlob=DISABLED.seal(HELLO), **wrapping(RSA))


@scenario
def dry_run_of_other_actions_would_succeed(world: World) -> None:
    for action, params, _, _ in uses():
        for yes in ("true", "True"):
            WOULD_SUCCEED.of(world.root, action, DryRun=yes, **params)
        world.root.call(action, DryRun="false", **params)


@scenario
def dry_run_of_other_actions_finds_bad_parameters(world: World) -> None:
    for action, params, wrong, _ in uses():
        for name in params:
            if (action, name) == ("ReEncrypt", "SourceEncryptionAlgorithm"):
                continue  # without it, the blob is taken for one that names its key
            less = {other: value for other, value in params.items() if other != name}
            missing(name).of(world.root, action, **less)
            would_be_invalid(missing(name)).of(world.root, action, DryRun="true", **less)
        for name, value in wrong.items():
            invalid(name).of(world.root, action, **{**params, name: value})
            would_be_invalid(invalid(name)).of(world.root, action, DryRun="true", **{**params, name: value})


@scenario
def other_actions_need_permission(world: World) -> None:
    nobody = world.user("nobody")
    for action, params, _, arn in uses():
        asked = {"ReEncrypt": "ReEncryptFrom"}.get(action, action)
        denial(nobody, forbidden(arn).of(nobody, action, **params), f"kms:{asked}", "ImplicitDeny")
        refusal = WOULD_BE_DENIED.of(nobody, action, DryRun="true", **params)
        denial(nobody, refusal, f"kms:{asked}", "ImplicitDeny")


# ---- words that these scenarios use


def of(key: Pair) -> Dict[str, str]:
    return {"KeyId": key.id, "KeyVersionId": key.version}


def wrapping(key: Pair, algorithm: str = "RSAES_OAEP_SHA_256") -> Dict[str, str]:
    """The public key of `key` as somebody's to encrypt a data key to. There is one algorithm for SM2."""
    if key.private is None:
        return {"PublicKeyBlob": SM2_PUBLIC_KEY, "WrappingKeySpec": "EC_SM2", "WrappingAlgorithm": "SM2PKE"}
    der = key.private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return {"PublicKeyBlob": b64(der), "WrappingKeySpec": "RSA_2048", "WrappingAlgorithm": algorithm}


def unwrapped(pem: str) -> str:
    """The base64 within PEM."""
    lines = pem.strip().splitlines()
    equal((lines[0], lines[-1]), ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"))
    return "".join(lines[1:-1])


def listed_version(name: str, version: Dict[str, str]) -> Dict[str, str]:
    return {
        "DataKeyVersionId": version["id"],
        "DataKeyVersionName": f"kms-datakeyversion!{name}!{version['id']}",
    }


def uses() -> List[Any]:
    """For each action with DryRun: its required parameters, wrong values for some of them, and the ARN it is about."""
    signature = dict(**of(EC_SIGNER), Algorithm="ECDSA_SHA_256", Digest=b64(DIGEST))
    value = b64(EC_SIGNER.private.sign(DIGEST, *SIGNATURES["ECDSA_SHA_256"]))
    sm2 = dict(**of(SM2), Algorithm="SM2PKE")
    mac = dict(KeyId=MAC.id, Algorithm="HMAC_SHA_256", Message=HELLO)
    code = b64(hmac.new(MAC.private, base64.b64decode(HELLO), "sha256").digest())
    moved = dict(
        SourceKeyId=SM2.id,
        SourceKeyVersionId=SM2.version,
        SourceEncryptionAlgorithm="SM2PKE",
        CiphertextBlob=SM2_CIPHERTEXT,
        DestinationKeyId=APP.id,
    )
    there = wrapping(RSA)
    bad_signature = dict(Algorithm="RSA_PSS_SHA_256", Digest=HELLO)
    bad_wrapping = dict(PublicKeyBlob=HELLO, WrappingAlgorithm="SM2PKE", WrappingKeySpec="RSA_3072")
    return [
        ("AsymmetricSign", signature, bad_signature, EC_SIGNER.arn),
        ("AsymmetricVerify", dict(Value=value, **signature), dict(Value="?", **bad_signature), EC_SIGNER.arn),
        ("AsymmetricEncrypt", dict(Plaintext=HELLO, **sm2), dict(Algorithm="SM2DSA", Plaintext="?"), SM2.arn),
        ("AsymmetricDecrypt", dict(CiphertextBlob=SM2_CIPHERTEXT, **sm2), dict(CiphertextBlob=HELLO), SM2.arn),
        ("GetPublicKey", of(EC_SIGNER), {}, EC_SIGNER.arn),
        ("GenerateMac", mac, dict(Algorithm="HMAC_SHA_384", Message="?"), MAC.arn),
        ("VerifyMac", dict(Mac=code, **mac), dict(Algorithm="HMAC_SHA_384", Mac="?"), MAC.arn),
        ("GenerateAndExportDataKey", dict(KeyId=APP.id, **there), bad_wrapping, APP.arn),
        (
            "ExportDataKey",
            dict(CiphertextBlob=APP.seal(HELLO), **there),
            dict(CiphertextBlob=APP.seal(HELLO, CONTEXT), **bad_wrapping),
            APP.arn,
        ),
        ("ReEncrypt", moved, dict(CiphertextBlob=HELLO, SourceEncryptionAlgorithm="?"), SM2.arn),
    ]
