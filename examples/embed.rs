//! A sandbox inside a Rust program, as a test would have it: no server to start, no port to choose.
//!
//! `cargo run --example embed`, or `cargo test --example embed`.

use std::error::Error;

use serde_json::Value;
use yaoshi::Sandbox;
use yaoshi::dialect::alibaba::signature::sign::{Scheme, Unsigned};
use yaoshi::world::World;

#[test]
fn what_was_encrypted_is_decrypted() -> Result<(), Box<dyn Error>> {
    main()
}

fn main() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::start()?;

    // Any SDK would do, pointed at `sandbox.endpoint()`; here the calls are signed by hand.
    let created = call(&sandbox, "CreateKey", &[])?;
    let key = created["KeyMetadata"]["KeyId"].as_str().ok_or("no key")?;
    let encrypted = call(&sandbox, "Encrypt", &[("KeyId", key), ("Plaintext", "SGVsbG8gd29ybGQ=")])?;
    let blob = encrypted["CiphertextBlob"].as_str().ok_or("no blob")?;
    let decrypted = call(&sandbox, "Decrypt", &[("CiphertextBlob", blob)])?;

    assert_eq!(decrypted["Plaintext"], "SGVsbG8gd29ybGQ=");
    println!("{key} at {} decrypts what it encrypted", sandbox.endpoint());
    Ok(())
    // Dropping the sandbox stops it.
}

/// A call signed with ACS3-HMAC-SHA256, and its answer.
fn call(sandbox: &Sandbox, action: &str, parameters: &[(&str, &str)]) -> Result<Value, Box<dyn Error>> {
    let parameters: Vec<_> = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let world = World::real();
    let signed = Unsigned {
        action,
        parameters: &parameters,
        region: "cn-hangzhou",
        host: &sandbox.endpoint(),
        access_key_id: "yaoshi",
        access_key_secret: "yaoshi",
        now: world.clock.now(),
        nonce: &world.chance.request_id().to_string(),
    }
    .sign(Scheme::V3);
    let mut request = ureq::post(format!("{}/?{}", sandbox.url(), signed.query));
    for (name, value) in signed.headers {
        request = request.header(name, value);
    }
    Ok(serde_json::from_str(&request.send_empty()?.body_mut().read_to_string()?)?)
}
