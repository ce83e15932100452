//! What every engine of storage promises, as callers see it: the same suite on each.

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use rstest::rstest;
use tempfile::TempDir;
use yaoshi::config::{Data, Options, SandboxFile};
use yaoshi::dialect::alibaba::Limits;

use crate::support::samples::{APP, PENDING_DELETION, PLAINTEXT, SM4};
use crate::support::{NOW, Service};

/// A service, and where its keys are kept.
struct Kept {
    service: Service,
    options: Options,
    _folder: TempDir,
}

/// In memory nothing outlives the process: there, the service goes on as it is.
#[derive(Debug, Clone, Copy)]
enum Engine {
    Memory,
    Folder,
    FolderAndRootKeyElsewhere,
}

impl Kept {
    fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = |root_key_file| Data { folder: folder.path().join("data"), root_key_file, reset: false };
        let data = match engine {
            Engine::Memory => None,
            Engine::Folder => Some(data(None)),
            Engine::FolderAndRootKeyElsewhere => {
                let root_key: PathBuf = folder.path().join("root");
                std::fs::write(&root_key, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
                Some(data(Some(root_key)))
            }
        };
        let file = SandboxFile::parse("test.toml", include_str!("../fixtures/sandbox.toml")).unwrap();
        let options = Options { file: Some(file), data, limits: Limits::Off, ..Options::default() };
        Self { service: Service::with_options(&options), options, _folder: folder }
    }

    /// End the service and start it again, at the same time of day.
    fn restart(&mut self) {
        if self.options.data.is_some() {
            let now = yaoshi::world::Clock::now(&*self.service.clock);
            drop(std::mem::replace(&mut self.service, Service::with_fixture()));
            self.service = Service::with_options(&self.options);
            self.service.turn_clock_to(now);
        }
    }

    fn call(&self, action: &str, parameters: &[(&str, &str)]) -> crate::support::Reply {
        self.service.call("yaoshi", action, parameters)
    }

    /// Everything that can be told of the keys.
    fn told(&self) -> Vec<String> {
        let without_request_id = |action: &str, parameters: &[(&str, &str)]| {
            let mut json = self.call(action, parameters).json();
            json.as_object_mut().unwrap().remove("RequestId");
            json.to_string()
        };
        let keys = self.call("ListKeys", &[("PageSize", "100")]).ok().json();
        let ids = keys["Keys"]["Key"].as_array().unwrap().iter().map(|key| key["KeyId"].as_str().unwrap().to_owned());
        let of_key = |id: String| {
            let about = |action| without_request_id(action, &[("KeyId", id.as_str())]);
            ["DescribeKey", "ListKeyVersions", "ListAliasesByKeyId", "ListResourceTags"].map(about)
        };
        let mut told: Vec<_> = ids.flat_map(of_key).collect();
        told.push(without_request_id("ListAliases", &[("PageSize", "100")]));
        told
    }
}

#[rstest]
fn what_was_answered_is_there_after_a_restart(
    #[values(Engine::Memory, Engine::Folder, Engine::FolderAndRootKeyElsewhere)] engine: Engine,
) {
    let mut kept = Kept::new(engine);
    let created = kept.call(
        "CreateKey",
        &[
            ("KeySpec", "Aliyun_SM4"),
            ("Description", "ключ \"1\"\n"),
            ("ProtectionLevel", "HSM"),
            ("Tags", r#"[{"TagKey":"a","TagValue":"b"},{"TagKey":"c","TagValue":""}]"#),
            ("EnableAutomaticRotation", "true"),
            ("RotationInterval", "7d"),
        ],
    );
    let key = created.ok().text_at("KeyMetadata.KeyId");
    let imported = kept.call("CreateKey", &[("Origin", "EXTERNAL")]).ok().text_at("KeyMetadata.KeyId");
    kept.call("CreateAlias", &[("KeyId", &key), ("AliasName", "alias/new/one")]).ok();
    kept.call("DeleteAlias", &[("AliasName", "alias/app")]).ok();
    kept.call("UpdateAlias", &[("KeyId", &key), ("AliasName", "alias/disabled")]).ok();
    kept.call("CreateKeyVersion", &[("KeyId", APP)]).ok();
    kept.call(
        "UpdateRotationPolicy",
        &[("KeyId", SM4), ("EnableAutomaticRotation", "true"), ("RotationInterval", "9d")],
    )
    .ok();
    kept.call("UpdateKeyDescription", &[("KeyId", APP), ("Description", "ü")]).ok();
    for key in [APP, SM4] {
        let why = ("DeletionProtectionDescription", if key == APP { "in use" } else { "" });
        kept.call("SetDeletionProtection", &[("KeyId", key), ("EnableDeletionProtection", "true"), why]).ok();
    }
    kept.call(
        "TagResources",
        &[("ResourceType", "key"), ("ResourceId.1", APP), ("ResourceId.2", SM4), ("Tag.1.Key", "team")],
    )
    .ok();
    kept.call("UntagResource", &[("KeyId", APP), ("TagKeys", r#"["env"]"#)]).ok();
    kept.call("DisableKey", &[("KeyId", SM4)]).ok();
    kept.call("ScheduleKeyDeletion", &[("KeyId", &imported), ("PendingWindowInDays", "30")]).ok();
    let blob = |kept: &Kept, key: &str| {
        let sealed = kept.call("Encrypt", &[("KeyId", key), ("Plaintext", PLAINTEXT)]);
        sealed.ok().text_at("CiphertextBlob")
    };
    let blobs = [blob(&kept, &key), blob(&kept, APP)];
    let told = kept.told();
    assert!(told.len() > 8, "{told:?}");
    for _ in 0..2 {
        kept.restart();
        assert_eq!(kept.told(), told);
        for blob in &blobs {
            assert_eq!(kept.call("Decrypt", &[("CiphertextBlob", blob)]).ok().text_at("Plaintext"), PLAINTEXT);
        }
    }
    // A rotation is kept, and so is the version before it.
    kept.service.turn_clock_to(NOW.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(8 * 24));
    let after_rotation = blob(&kept, &key);
    assert_ne!(after_rotation[..48], blobs[0][..48]);
    kept.restart();
    for blob in blobs.iter().chain([&after_rotation]) {
        assert_eq!(kept.call("Decrypt", &[("CiphertextBlob", blob)]).ok().text_at("Plaintext"), PLAINTEXT);
    }
}

#[rstest]
fn what_was_refused_or_tried_leaves_no_trace(#[values(Engine::Memory, Engine::Folder)] engine: Engine) {
    let mut kept = Kept::new(engine);
    let told = kept.told();
    kept.call("EnableKey", &[("KeyId", PENDING_DELETION)]).refused(409, "Rejected.StateModifiedFailed");
    kept.call("CreateAlias", &[("KeyId", SM4), ("AliasName", "alias/app")]).refused(400, "AliasAlreadyExists");
    kept.call("CreateKey", &[("Origin", "elsewhere")]).refused(400, "InvalidParameter");
    let dry = [("KeyId", APP), ("Plaintext", PLAINTEXT), ("DryRun", "true")];
    kept.call("Encrypt", &dry).refused(400, "DryRunOperationError");
    kept.restart();
    assert_eq!(kept.told(), told);
}

#[rstest]
fn a_key_whose_time_has_come_is_gone_for_good(#[values(Engine::Memory, Engine::Folder)] engine: Engine) {
    let mut kept = Kept::new(engine);
    let key = kept.call("CreateKey", &[]).ok().text_at("KeyMetadata.KeyId");
    kept.call("CreateAlias", &[("KeyId", &key), ("AliasName", "alias/free-again")]).ok();
    kept.call("ScheduleKeyDeletion", &[("KeyId", &key), ("PendingWindowInDays", "7")]).ok();
    kept.service.turn_clock_to(NOW.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(7 * 24));
    kept.restart();
    kept.call("DescribeKey", &[("KeyId", &key)]).refused(404, "Forbidden.KeyNotFound");
    kept.call("CreateAlias", &[("KeyId", APP), ("AliasName", "alias/free-again")]).ok();
    // The write before this erased the key: turning the clock back does not bring it back.
    kept.service.turn_clock_to(NOW.parse().unwrap());
    kept.restart();
    kept.call("DescribeKey", &[("KeyId", &key)]).refused(404, "Forbidden.KeyNotFound");
    assert_eq!(kept.call("DescribeKey", &[("KeyId", "alias/free-again")]).ok().text_at("KeyMetadata.KeyId"), APP);
}

/// A change to the keys.
#[derive(Debug, Clone)]
enum Step {
    Create(bool),
    Alias(usize, u8),
    Unalias(u8),
    Disable(usize),
    Enable(usize),
    Delete(usize),
    Keep(usize),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => any::<bool>().prop_map(Step::Create),
        3 => (any::<usize>(), 0_u8..6).prop_map(|(key, name)| Step::Alias(key, name)),
        1 => (0_u8..6).prop_map(Step::Unalias),
        1 => any::<usize>().prop_map(Step::Disable),
        1 => any::<usize>().prop_map(Step::Enable),
        1 => any::<usize>().prop_map(Step::Delete),
        1 => any::<usize>().prop_map(Step::Keep),
        2 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 64, ..ProptestConfig::default() })]

    /// Whatever is called and whenever it is restarted, a folder tells what memory tells.
    #[test]
    fn a_folder_behaves_as_memory_does(steps in prop::collection::vec(step(), 1..25)) {
        let (mut folder, mut memory) = (Kept::new(Engine::Folder), Kept::new(Engine::Memory));
        let mut keys = [vec![APP.to_owned()], vec![APP.to_owned()]];
        for step in steps {
            let outcomes = [&mut folder, &mut memory].into_iter().zip(&mut keys).map(|(kept, keys)| {
                let key = |at: usize| keys[at % keys.len()].clone();
                let name = |name: u8| format!("alias/{name}");
                let (action, parameters) = match &step {
                    Step::Restart => {
                        kept.restart();
                        return "restarted".to_owned();
                    }
                    Step::Create(sm4) => ("CreateKey", vec![("KeySpec", if *sm4 { "Aliyun_SM4" } else { "Aliyun_AES_256" }.to_owned())]),
                    Step::Alias(at, alias) => ("CreateAlias", vec![("KeyId", key(*at)), ("AliasName", name(*alias))]),
                    Step::Unalias(alias) => ("DeleteAlias", vec![("AliasName", name(*alias))]),
                    Step::Disable(at) => ("DisableKey", vec![("KeyId", key(*at))]),
                    Step::Enable(at) => ("EnableKey", vec![("KeyId", key(*at))]),
                    Step::Delete(at) => ("ScheduleKeyDeletion", vec![("KeyId", key(*at)), ("PendingWindowInDays", "7".to_owned())]),
                    Step::Keep(at) => ("CancelKeyDeletion", vec![("KeyId", key(*at))]),
                };
                let parameters: Vec<_> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let reply = kept.call(action, &parameters);
                if action == "CreateKey" {
                    keys.push(reply.text_at("KeyMetadata.KeyId"));
                }
                reply.outcome()
            });
            let outcomes: Vec<_> = outcomes.collect();
            prop_assert_eq!(&outcomes[0], &outcomes[1], "{:?}", step);
        }
        folder.restart();
        // Ids are random: what is told is compared by the order in which keys were made.
        let [folder, memory] = [(folder, &keys[0]), (memory, &keys[1])].map(|(kept, keys)| {
            keys.iter().map(|key| {
                let reply = kept.call("DescribeKey", &[("KeyId", key)]);
                let told = |path: &str| reply.text_at(&format!("KeyMetadata.{path}"));
                ["KeyState", "KeySpec", "DeleteDate", "CreationDate"].map(told)
            }).collect::<Vec<_>>()
        });
        prop_assert_eq!(folder, memory);
    }
}
