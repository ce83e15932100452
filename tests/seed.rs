//! With a seed the same calls have the same answers.

use yaoshi::config::{Options, SandboxFile};
use yaoshi::dialect::alibaba::Limits;

use crate::support::samples::{APP, PLAINTEXT, Sample};
use crate::support::{Reply, Service};

fn service(seed: u64) -> Service {
    let file = SandboxFile::parse("test.toml", include_str!("../fixtures/sandbox.toml")).unwrap();
    Service::with_options(&Options { file: Some(file), limits: Limits::Off, seed: Some(seed), ..Options::default() })
}

/// Keys, ciphertext and data keys.
fn story(service: &Service, between: impl Fn(&Service)) -> Vec<Reply> {
    let mut told = Vec::new();
    for spec in ["Aliyun_AES_256", "Aliyun_SM4"] {
        let created = service.call("yaoshi", "CreateKey", &[("KeySpec", spec)]).ok();
        between(service);
        let id = created.text_at("KeyMetadata.KeyId");
        told.push(created);
        for (action, more) in [
            ("Encrypt", &[("Plaintext", PLAINTEXT)][..]),
            ("GenerateDataKey", &[]),
            ("GenerateDataKeyWithoutPlaintext", &[("NumberOfBytes", "100")]),
        ] {
            told.push(service.call("yaoshi", action, &[&[("KeyId", id.as_str())], more].concat()).ok());
            between(service);
        }
    }
    told.push(service.call("yaoshi", "ListKeys", &[]).ok());
    // A key of the file without a version has one made at the start.
    told.push(service.call("yaoshi", "DescribeKey", &[("KeyId", "alias/disabled")]).ok());
    told
}

/// Without what names the request itself.
fn contents(replies: &[Reply]) -> Vec<serde_json::Value> {
    let content = |reply: &Reply| {
        let mut json = reply.json();
        json.as_object_mut().unwrap().remove("RequestId");
        json
    };
    replies.iter().map(content).collect()
}

#[test]
fn the_same_seed_and_the_same_calls_give_the_same_answers() {
    let texts = |seed| story(&service(seed), |_| ()).into_iter().map(|reply| reply.text).collect::<Vec<_>>();
    assert_eq!(texts(7), texts(7), "to the last byte, request ids included");
    for (one, other) in texts(7).iter().zip(texts(8)) {
        assert_ne!(*one, other);
    }
}

#[test]
fn without_a_seed_nothing_repeats() {
    let told = || {
        let service = Service::with_fixture();
        contents(&story(&service, |_| ()))
    };
    for (one, other) in told().iter().zip(told()) {
        assert_ne!(*one, other);
    }
}

/// Dry runs, refusals of every stage, and reads that draw nothing.
#[test]
fn dry_runs_and_failed_calls_draw_nothing() {
    let disturbed = |service: &Service| {
        for action in ["Encrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"] {
            Sample::of(action).with("DryRun", "true").call(service, "yaoshi").refused(400, "DryRunOperationError");
            Sample::of(action).call(service, "nobody").refused(403, "Forbidden.NoPermission");
        }
        service.call("yaoshi", "CreateKey", &[("ProtectionLevel", "none")]).refused(400, "Unsupported.ProtectionLevel");
        service.call("yaoshi", "CreateKey", &[("Description", &"x".repeat(8193))]).refused(400, "InvalidParameter");
        service.call("unknown", "CreateKey", &[]).refused(404, "InvalidAccessKeyId.NotFound");
        service.call("nobody", "CreateKey", &[]).refused(403, "Forbidden.NoPermission");
        let disabled = [("KeyId", "alias/disabled"), ("Plaintext", "x")];
        service.call("yaoshi", "Encrypt", &disabled).refused(409, "Rejected.Disabled");
        service.call("yaoshi", "DescribeKey", &[("KeyId", APP)]).ok();
        Sample::of("Decrypt").call(service, "yaoshi").ok();
    };
    assert_eq!(contents(&story(&service(7), disturbed)), contents(&story(&service(7), |_| ())));
}

#[test]
fn accounts_do_not_disturb_each_other() {
    let other_account = |service: &Service| {
        let id = service.call("other", "CreateKey", &[]).ok().text_at("KeyMetadata.KeyId");
        service.call("other", "Encrypt", &[("KeyId", &id), ("Plaintext", PLAINTEXT)]).ok();
    };
    assert_eq!(contents(&story(&service(7), other_account)), contents(&story(&service(7), |_| ())));
}

/// Two accounts that begin alike have other keys all the same.
#[test]
fn accounts_have_streams_of_their_own() {
    let file = "version = 1\n[[account]]\nid = \"1\"\naccess_keys = [{ id = \"one\", secret = \"one-secret\" }]\n\
                [[account]]\nid = \"2\"\naccess_keys = [{ id = \"two\", secret = \"two-secret\" }]\n";
    let file = SandboxFile::parse("test.toml", file).unwrap();
    let service = Service::with_options(&Options { file: Some(file), seed: Some(7), ..Options::default() });
    let ids = ["one", "two"].map(|access_key| {
        let created = service.call(access_key, "CreateKey", &[]).ok();
        (created.text_at("KeyMetadata.KeyId"), created.text_at("KeyMetadata.PrimaryKeyVersion"))
    });
    assert_ne!(ids[0].0, ids[1].0);
    assert_ne!(ids[0].1, ids[1].1);
}
