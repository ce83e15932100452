// Encrypt and decrypt with the official SDK. Only the endpoint differs from the real service.
//
//     npm install @alicloud/kms20160120@1.2.0
//     yaoshi serve
//     node examples/decrypt.mjs

import kms from "@alicloud/kms20160120";

const client = new kms.default({
  accessKeyId: "yaoshi",
  accessKeySecret: "yaoshi",
  type: "access_key",
  endpoint: process.env.YAOSHI_ENDPOINT ?? "127.0.0.1:7220",
  protocol: "http",
  regionId: "cn-hangzhou",
});

const { keyMetadata } = await client.createKey(new kms.CreateKeyRequest({ description: "an example" }));
console.log("key       ", keyMetadata.arn);

const encryptionContext = { purpose: "example", order: "42" };
const plaintext = Buffer.from("hello, world").toString("base64");
const sealed = await client.encrypt(
  new kms.EncryptRequest({ keyId: keyMetadata.keyId, plaintext, encryptionContext }),
);
console.log("ciphertext", sealed.ciphertextBlob);

const opened = await client.decrypt(
  new kms.DecryptRequest({ ciphertextBlob: sealed.ciphertextBlob, encryptionContext }),
);
console.log("plaintext ", Buffer.from(opened.plaintext, "base64").toString());
