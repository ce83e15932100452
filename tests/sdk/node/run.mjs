// `node run.mjs http|https HOST:PORT`: what the official Node SDKs must see, a JSON line for each check. For https,
// `NODE_EXTRA_CA_CERTS` names the CA to trust.

import assert from "node:assert/strict";
import { constants, createHash, createHmac, createPublicKey, verify } from "node:crypto";

import kms from "@alicloud/kms20160120";
import openapi from "@alicloud/rpc-client";
import { RPCClient } from "@alicloud/pop-core";

const [protocol, endpoint] = process.argv.slice(2);
const [ACCESS_KEYS, REGION] = [{ root: ["yaoshi", "yaoshi"], app: ["app", "app-secret"] }, "cn-hangzhou"];
const HELLO = Buffer.from("hello, world").toString("base64");
const DIGEST = createHash("sha256").update("hello, world").digest("base64");
const MAC_KEY = Buffer.alloc(32, "m"); // the material of alias/mac in sandbox.toml
const CONTEXT = { app: "pay", "a b": "c+d*~'()", "ü/=": "v&%2F" };
const WOULD_SUCCEED = "The request would have succeeded if the DryRun parameter was not specified.";
const WOULD_BE_DENIED = "You are not authorized to perform this operation on the KMS resource.";

/** @alicloud/kms20160120, signature V1, with typed requests. */
function typed([accessKeyId, accessKeySecret] = ACCESS_KEYS.root) {
  const config = { accessKeyId, accessKeySecret, endpoint, protocol, regionId: REGION, type: "access_key" };
  return new kms.default(new openapi.Config(config));
}

/** @alicloud/pop-core, signature V1: `call(action, params)`. */
function pop([accessKeyId, accessKeySecret] = ACCESS_KEYS.root, method = "POST") {
  const config = { accessKeyId, accessKeySecret, endpoint: `${protocol}://${endpoint}`, apiVersion: "2016-01-20" };
  const client = new RPCClient(config);
  return (action, params = {}) => client.request(action, { RegionId: REGION, ...params }, { method });
}

const checks = [];

/** List a check. tests/sdk.rs reads this file for the names, so that both sides know the same ones. */
function check(name, run) {
  checks.push([name, run]);
}

check("kms20160120_encrypts_and_decrypts_with_context", async () => {
  const client = typed();
  const { keyMetadata } = await client.createKey(new kms.CreateKeyRequest({ description: "Node" }));
  const { keyId } = keyMetadata;
  assert.equal(keyMetadata.keyState, "Enabled");
  // An object is sent flattened: EncryptionContext.app=pay&…; text is sent as it is. They are the same map.
  const sealed = await client.encrypt(new kms.EncryptRequest({ keyId, plaintext: HELLO, encryptionContext: CONTEXT }));
  const decrypt = (encryptionContext) =>
    client.decrypt(new kms.DecryptRequest({ ciphertextBlob: sealed.ciphertextBlob, encryptionContext }));
  for (const context of [CONTEXT, Object.fromEntries(Object.entries(CONTEXT).reverse())]) {
    const opened = await decrypt(context);
    assert.deepEqual([opened.keyId, opened.keyVersionId, opened.plaintext], [keyId, sealed.keyVersionId, HELLO]);
  }
  const text = { CiphertextBlob: sealed.ciphertextBlob, EncryptionContext: JSON.stringify(CONTEXT) };
  assert.equal((await pop()("Decrypt", text)).Plaintext, HELLO);
  const wrong = "The specified parameter  CiphertextBlob  is not valid.";
  await fails(decrypt({ ...CONTEXT, app: "other" }), "InvalidParameterError", wrong);
  await fails(decrypt(undefined), "InvalidParameterError", wrong);
});

check("kms20160120_lists_and_data_keys_are_cast", async () => {
  const client = typed();
  const made = await client.generateDataKey(new kms.GenerateDataKeyRequest({ keyId: "alias/app", numberOfBytes: 24 }));
  assert.equal(Buffer.from(made.plaintext, "base64").length, 24);
  const listed = await client.listKeys(new kms.ListKeysRequest({ pageNumber: 1, pageSize: 2 }));
  assert.equal(listed.keys.key.length, 2);
  assert.equal(listed.pageSize, 2);
});

check("kms20160120_signs_and_verifies", async () => {
  const client = typed();
  const sign = async (keyId, keyVersionId, algorithm) => {
    const scheme = { keyId, keyVersionId, algorithm, digest: DIGEST };
    const { value } = await client.asymmetricSign(new kms.AsymmetricSignRequest(scheme));
    const verified = (digest) =>
      client.asymmetricVerify(new kms.AsymmetricVerifyRequest({ ...scheme, digest, value }));
    assert.equal((await verified(DIGEST)).value, true);
    assert.equal((await verified(MAC_KEY.toString("base64"))).value, false);
    const { publicKey } = await client.getPublicKey(new kms.GetPublicKeyRequest({ keyId, keyVersionId }));
    return [createPublicKey(publicKey), Buffer.from(value, "base64")];
  };
  const create = async (keySpec) => {
    const { keyMetadata } = await client.createKey(new kms.CreateKeyRequest({ keySpec }));
    assert.equal(keyMetadata.keyUsage, "SIGN/VERIFY");
    const described = await client.describeKey(new kms.DescribeKeyRequest({ keyId: keyMetadata.keyId }));
    return [keyMetadata.keyId, described.keyMetadata.primaryKeyVersion];
  };
  const message = Buffer.from("hello, world");
  // The SDK waits three seconds for an answer, and asks once.
  const [rsa, rsaSignature] = await sign(...(await create("RSA_2048")), "RSA_PSS_SHA_256");
  const key = { key: rsa, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  assert.ok(verify("sha256", message, key, rsaSignature));
  const [ec, ecSignature] = await sign(...(await create("EC_P256")), "ECDSA_SHA_256");
  assert.ok(verify("sha256", message, ec, ecSignature));
});

check("kms20160120_surfaces_errors", async () => {
  const keyId = "00000000-0000-4000-8000-000000000000";
  const described = typed().describeKey(new kms.DescribeKeyRequest({ keyId }));
  await fails(described, "Forbidden.KeyNotFoundError", "The specified Key is not found.");
  const forged = typed(["yaoshi", "not-the-secret"]).describeRegions(new kms.DescribeRegionsRequest({}));
  await fails(forged, "SignatureDoesNotMatchError", "server string to sign is:POST&%2F&AccessKeyId%3Dyaoshi");
});

check("pop_core_encrypts_and_decrypts_with_context", async () => {
  for (const method of ["GET", "POST"]) {
    const call = pop(ACCESS_KEYS.root, method);
    const { KeyMetadata } = await call("CreateKey");
    const context = { EncryptionContext: JSON.stringify(CONTEXT) };
    const sealed = await call("Encrypt", { KeyId: KeyMetadata.KeyId, Plaintext: HELLO, ...context });
    const opened = await call("Decrypt", { CiphertextBlob: sealed.CiphertextBlob, ...context });
    assert.deepEqual([opened.KeyId, opened.Plaintext], [KeyMetadata.KeyId, HELLO]);
  }
});

check("pop_core_surfaces_errors", async () => {
  const call = pop();
  const encrypted = call("Encrypt", { KeyId: "alias/disabled", Plaintext: HELLO });
  const message = "The request was rejected because the key state is Disabled.";
  const error = await fails(encrypted, "Rejected.Disabled", message);
  assert.deepEqual([error.name, error.data.HttpStatus], ["Rejected.DisabledError", 409]);
  await fails(call("Decrypt"), "MissingParameter");
});

check("pop_core_makes_and_verifies_codes", async () => {
  assert.equal(kms.GenerateMacRequest, undefined); // the typed SDK does not know it
  const call = pop();
  const scheme = { KeyId: "alias/mac", Algorithm: "HMAC_SHA_256", Message: HELLO };
  const code = createHmac("sha256", MAC_KEY).update("hello, world").digest("base64");
  assert.equal((await call("GenerateMac", scheme)).Mac, code);
  assert.equal((await call("VerifyMac", { ...scheme, Mac: code })).Value, true);
  assert.equal((await call("VerifyMac", { ...scheme, Mac: HELLO })).Value, false);
  const unsuitable = call("GenerateMac", { ...scheme, KeyId: "alias/app" });
  await fails(unsuitable, "UnsupportedOperation", "This action is not supported.");
});

check("pop_core_dry_runs", async () => {
  const seal = async (KeyId) => (await pop()("Encrypt", { KeyId, Plaintext: HELLO })).CiphertextBlob;
  const [app, other] = [await seal("alias/app"), await seal("alias/other")];
  const decrypt = (CiphertextBlob) => pop(ACCESS_KEYS.app)("Decrypt", { CiphertextBlob, DryRun: "true" });
  await fails(decrypt(app), "DryRunOperationError", WOULD_SUCCEED);
  const denied = await fails(decrypt(other), "AccessDeniedError", WOULD_BE_DENIED);
  assert.equal(denied.data.AccessDeniedDetail.AuthAction, "kms:Decrypt");
  assert.equal((await fails(decrypt("no base64!"), "ValidationError")).data.HttpStatus, 400);
});

/** The call is refused with this code, and a message that holds this one (the SDKs put their own words around it). */
async function fails(call, code, message = "") {
  const error = await call.then(
    (answer) => assert.fail(`it was answered: ${JSON.stringify(answer)}`),
    (error) => error,
  );
  assert.equal(error.code, code, error.message);
  assert.ok(error.message.includes(message), error.message);
  return error;
}

for (const [scenario, run] of checks) {
  const error = await run().then(
    () => null,
    (error) => error.stack,
  );
  console.log(JSON.stringify({ scenario, ok: error === null, error }));
}
