//! From a sandbox file to identities and keys: everything checked, nothing ignored.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt::Display;
use std::ops::Range;
use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use toml::Spanned;

use super::credentials::Credentials;
use super::material;
use super::sandbox_file::{self as file, SandboxFile, SandboxFileError};
use super::{DEFAULT_ACCOUNT, WELL_KNOWN_ACCESS_KEY};
use crate::access::{self, AccountId, Policy, Principal, User, system_policy};
use crate::dialect::alibaba::is_region;
use crate::dialect::alibaba::kms::words::Word;
use crate::dialect::alibaba::kms::{ALIAS_PREFIX, check_tag};
use crate::keyring::{
    AliasName, Key, KeyId, KeySpec, KeyState, KeyUsage, KeyVersion, Lifecycle, Origin, Place, ProtectionLevel,
    VersionId,
};
use crate::secrets::{DataKey, DataKeyVersion};
use crate::world::Source;

/// What a sandbox file says.
#[derive(Debug)]
pub struct Contents {
    /// Who there is.
    pub people: Vec<access::Change>,
    /// A key without a version that does not wait for material is to get one.
    pub keys: Vec<Key>,
    pub data_keys: Vec<DataKey>,
    /// Whether the AccessKey that everybody knows opens this sandbox.
    pub has_well_known_access_key: bool,
    /// What is not wrong but probably not meant.
    pub warnings: Vec<String>,
    pub counts: Counts,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub accounts: usize,
    pub users: usize,
    pub policies: usize,
    pub keys: usize,
}

/// What `sandbox_file` says, or without one an account with the well-known AccessKey. `region` is that of keys that
/// name none; `now` is when they are created unless they say it.
///
/// Errors name file, line and column of the block that is wrong, and for a policy the statement.
pub fn load(sandbox_file: Option<&SandboxFile>, region: &str, now: Timestamp) -> Result<Contents, SandboxFileError> {
    let Some(sandbox_file) = sandbox_file else { return load(Some(&default_file()?), region, now) };
    let mut loading = Loading {
        file: sandbox_file,
        region,
        now,
        people: Vec::new(),
        credentials: Credentials::of(sandbox_file),
        keys: Vec::new(),
        data_keys: Vec::new(),
        ids: HashSet::new(),
        aliases: HashSet::new(),
        versions: HashSet::new(),
        warnings: Vec::new(),
        counts: Counts::default(),
    };
    let mut accounts = BTreeSet::new();
    for account in sandbox_file.accounts.iter() {
        if !accounts.insert(account.get_ref().id.as_str()) {
            return Err(sandbox_file.error(account.span(), format!("account {:?} stands twice", account.get_ref().id)));
        }
        loading.account(account)?;
    }
    let Loading { mut people, keys, data_keys, credentials, warnings, counts, .. } = loading;
    let has_well_known_access_key = credentials.open_to(WELL_KNOWN_ACCESS_KEY, WELL_KNOWN_ACCESS_KEY);
    people.extend(credentials.changes());
    Ok(Contents { people, keys, data_keys, has_well_known_access_key, warnings, counts })
}

fn default_file() -> Result<SandboxFile, SandboxFileError> {
    let access_key = WELL_KNOWN_ACCESS_KEY;
    SandboxFile::parse(
        "the sandbox without a file",
        &format!(
            "version = 1\n[[account]]\nid = \"{DEFAULT_ACCOUNT}\"\n\
             access_keys = [{{ id = \"{access_key}\", secret = \"{access_key}\" }}]\n"
        ),
    )
}

struct Loading<'f> {
    file: &'f SandboxFile,
    region: &'f str,
    now: Timestamp,
    people: Vec<access::Change>,
    credentials: Credentials<'f>,
    keys: Vec<Key>,
    data_keys: Vec<DataKey>,
    ids: HashSet<(Place, KeyId)>,
    aliases: HashSet<(Place, AliasName)>,
    versions: HashSet<(Place, VersionId)>,
    warnings: Vec<String>,
    counts: Counts,
}

impl<'f> Loading<'f> {
    fn account(&mut self, block: &'f Spanned<file::Account>) -> Result<(), SandboxFileError> {
        let (file, account) = (self.file, block.get_ref());
        let id = AccountId::parse(&account.id).map_err(|error| file.error(block.span(), error))?;
        self.counts.accounts += 1;
        let root = Arc::new(Principal::root(id.clone()));
        self.people.push(access::Change::Account(id.clone()));
        self.credentials.add(&account.access_keys, &account.bearer_tokens, &root)?;
        let policies = self.policies(&account.policy)?;
        self.people.extend(policies.values().map(|policy| access::Change::Policy(id.clone(), Arc::clone(policy))));
        let mut names = BTreeSet::new();
        for user in &account.user {
            if !names.insert(user.get_ref().name.as_str()) {
                return Err(file.error(user.span(), format!("user {:?} stands twice", user.get_ref().name)));
            }
            self.user(user, &id, &policies)?;
        }
        for key in &account.key {
            self.key(key, &id)
                .map_err(|(span, what)| file.error(span, format!("key {:?}: {what}", key.get_ref().id)))?;
        }
        for data_key in &account.data_key {
            self.data_key(data_key.get_ref(), &id).map_err(|what| {
                file.error(data_key.span(), format!("data key {:?}: {what}", data_key.get_ref().name))
            })?;
        }
        Ok(())
    }

    fn policies(
        &mut self,
        blocks: &'f [Spanned<file::Policy>],
    ) -> Result<HashMap<&'f str, Arc<Policy>>, SandboxFileError> {
        let mut policies = HashMap::new();
        for block in blocks {
            let name = block.get_ref().name.as_str();
            let wrong = |what: &dyn Display| self.file.error(block.span(), what);
            if system_policy(name).is_some() {
                return Err(wrong(&format!("policy {name:?} is a system policy and cannot be defined here")));
            }
            let policy = Policy::parse(name, &block.get_ref().document).map_err(|error| wrong(&error))?;
            let warnings = policy.warnings().iter().map(|warning| format!("policy {name:?}, {warning}"));
            self.warnings.extend(warnings.map(|what| wrong(&what).to_string()));
            if policies.insert(name, Arc::new(policy)).is_some() {
                return Err(wrong(&format!("policy {name:?} stands twice")));
            }
            self.counts.policies += 1;
        }
        Ok(policies)
    }

    fn user(
        &mut self,
        block: &'f Spanned<file::User>,
        account: &AccountId,
        policies: &HashMap<&str, Arc<Policy>>,
    ) -> Result<(), SandboxFileError> {
        let user = block.get_ref();
        for name in &user.policies {
            if !policies.contains_key(name.get_ref().as_str()) && system_policy(name.get_ref()).is_none() {
                let what = format!(
                    "user {:?} has policy {:?}, which is neither in this account nor a system policy we know",
                    user.name,
                    name.get_ref()
                );
                return Err(self.file.error(name.span(), what));
            }
        }
        let principal = Principal::user(account.clone(), &user.name)
            .and_then(|principal| principal.with_context(&user.context))
            .map_err(|error| self.file.error(block.span(), format!("user {:?}: {error}", user.name)))?;
        let described = User {
            principal: principal.clone(),
            policies: user.policies.iter().map(|name| name.get_ref().as_str().into()).collect(),
        };
        self.people.push(access::Change::User(Arc::new(described)));
        self.counts.users += 1;
        let principal = Arc::new(principal);
        self.credentials.add(&user.access_keys, &user.bearer_tokens, &principal)
    }

    fn key(&mut self, block: &Spanned<file::Key>, account: &AccountId) -> Result<(), (Range<usize>, String)> {
        let described = block.get_ref();
        let wrong = |what: String| (block.span(), what);
        let region = described.region.as_deref().unwrap_or(self.region);
        if !is_region(region) {
            return Err(wrong(format!("{region:?} is no region")));
        }
        let place = self.place(account, region);
        let mut key = key(described, place.clone(), self.now).map_err(wrong)?;
        self.counts.keys += 1;
        if key.is_gone(self.now) {
            return Ok(());
        }
        if !self.ids.insert((place.clone(), key.id.clone())) {
            return Err(wrong(format!("it stands twice in {region}")));
        }
        for alias in &key.aliases {
            if !self.aliases.insert((place.clone(), alias.clone())) {
                return Err(wrong(format!("alias {:?} stands for another key already", alias.as_str())));
            }
        }
        for version in &described.versions {
            let made = version_of(&key, version.get_ref()).map_err(|what| (version.span(), what))?;
            if !self.versions.insert((place.clone(), made.id)) {
                return Err((version.span(), format!("version {} stands twice in {region}", made.id)));
            }
            key.versions.push(Arc::new(made));
        }
        self.keys.push(key);
        Ok(())
    }

    fn data_key(&mut self, described: &file::DataKey, account: &AccountId) -> Result<(), String> {
        let region = described.region.as_deref().unwrap_or(self.region);
        let place = self.place(account, region);
        let is_it = |key: &&Key| key.place == place && key.id.as_str() == described.key;
        match self.keys.iter().find(is_it) {
            Some(key) if key.spec.is_symmetric_encryption() => (),
            Some(_) => return Err(format!("key {:?} does not encrypt data keys", described.key)),
            None => return Err(format!("the account has no key {:?} in {region}", described.key)),
        }
        if self.data_keys.iter().any(|other| other.place == place && *other.name == *described.name) {
            return Err(format!("it stands twice in {region}"));
        }
        self.data_keys.push(data_key(described, place)?);
        Ok(())
    }

    /// Places are shared by their keys.
    fn place(&mut self, account: &AccountId, region: &str) -> Place {
        match self.keys.last() {
            Some(key) if *key.place.account == *account.shared() && *key.place.region == *region => key.place.clone(),
            _ => Place { account: account.shared(), region: region.into() },
        }
    }
}

/// The key that a block describes, without its versions.
fn key(described: &file::Key, place: Place, now: Timestamp) -> Result<Key, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !(1..=64).contains(&described.id.len()) || !described.id.bytes().all(is_plain) {
        return Err("a key id has 1 to 64 letters, digits, '-' and '_'".to_owned());
    }
    let created = described.created.map_or(now, |date| date.0);
    let origin = word(described.origin.as_deref(), Origin::Service)?;
    for (name, value) in &described.tags {
        check_tag(name, value)?;
    }
    let spec = word(described.spec.as_deref(), KeySpec::Aes256)?;
    if origin == Origin::External && !spec.is_symmetric_encryption() {
        return Err(format!("a key of spec {} has no imported material", spec.told()));
    }
    Ok(Key {
        id: KeyId::new(&described.id),
        place,
        source: Source::File,
        spec,
        usage: usage(spec, described.usage.as_deref())?,
        origin,
        protection_level: word(described.protection_level.as_deref(), ProtectionLevel::Software)?,
        description: described.description.as_str().into(),
        created,
        lifecycle: lifecycle(described, origin)?,
        rotation: None,
        deletion_protection: None,
        material_expires_at: None,
        tags: described.tags.clone(),
        aliases: aliases(&described.aliases)?,
        versions: Vec::new(),
    })
}

/// What a key of `spec` is for: what `text` says, or what such keys are for unless another use is asked for.
fn usage(spec: KeySpec, text: Option<&str>) -> Result<KeyUsage, String> {
    let usage = word(text, spec.usages()[0])?;
    if spec.usages().contains(&usage) {
        return Ok(usage);
    }
    let usages: Vec<_> = spec.usages().iter().map(|usage| usage.told()).collect();
    Err(format!("a key of spec {} is for {}, not {}", spec.told(), usages.join(" or "), usage.told()))
}

fn lifecycle(described: &file::Key, origin: Origin) -> Result<Lifecycle, String> {
    let state = word(described.state.as_deref(), KeyState::Enabled)?;
    match (state, described.delete_at) {
        (KeyState::PendingDeletion, Some(date)) => {
            let awaits_import = origin == Origin::External && described.versions.is_empty();
            Ok(Lifecycle::PendingDeletion { delete_at: date.0, awaits_import })
        }
        (KeyState::PendingDeletion, None) => Err("a key that is PendingDeletion has a delete_at".to_owned()),
        (_, Some(_)) => Err("only a key that is PendingDeletion has a delete_at".to_owned()),
        (KeyState::PendingImport, None) if origin != Origin::External => {
            Err("only a key of origin EXTERNAL is PendingImport".to_owned())
        }
        (KeyState::PendingImport, None) => Ok(Lifecycle::PendingImport),
        (KeyState::Enabled, None) => Ok(Lifecycle::Enabled),
        (KeyState::Disabled, None) => Ok(Lifecycle::Disabled),
        (KeyState::Unavailable, None) => Ok(Lifecycle::Unavailable),
    }
}

fn aliases(described: &[String]) -> Result<BTreeSet<AliasName>, String> {
    let mut aliases = BTreeSet::new();
    for alias in described {
        if !aliases.insert(alias_name(alias)?) {
            return Err(format!("alias {alias:?} stands twice"));
        }
    }
    Ok(aliases)
}

fn alias_name(alias: &str) -> Result<AliasName, String> {
    let name = alias.strip_prefix(ALIAS_PREFIX).ok_or_else(|| format!("alias {alias:?} does not begin with alias/"))?;
    AliasName::new(name).map_err(|error| format!("alias {alias:?}: {error}"))
}

fn version_of(key: &Key, described: &file::Version) -> Result<KeyVersion, String> {
    let id = VersionId::parse(described.id.as_bytes())
        .ok_or_else(|| format!("version id {:?} is not a lower-case UUID", described.id))?;
    let material = material::parse(key.spec, described.material.0.expose_secret())
        .map_err(|what| format!("the material of version {id} {what}"))?;
    let version = KeyVersion::new(id, described.created.map_or(key.created, |date| date.0), material);
    Ok(if key.lifecycle == Lifecycle::PendingImport { version.deleted() } else { version })
}

/// The data key that a block describes. The service's own names have up to 128 characters (managed data key page, 2026).
fn data_key(described: &file::DataKey, place: Place) -> Result<DataKey, String> {
    if !(1..=128).contains(&described.name.chars().count()) {
        return Err("a name has 1 to 128 characters".to_owned());
    }
    let mut versions: Vec<DataKeyVersion> = Vec::new();
    for version in described.versions.iter().map(Spanned::get_ref) {
        let id = version.id.as_str();
        if id.is_empty() || versions.iter().any(|other| *other.id == *id) {
            return Err(format!("version {id:?} is empty or stands twice"));
        }
        let material = BASE64_STANDARD
            .decode(version.material.0.expose_secret())
            .map_err(|error| format!("the material of version {id:?} is not base64: {error}"))?;
        if !(1..=1024).contains(&material.len()) {
            return Err(format!("the material of version {id:?} has not 1 to 1,024 bytes"));
        }
        versions.push(DataKeyVersion { id: id.into(), material: material.into() });
    }
    if versions.is_empty() {
        return Err("it has no version".to_owned());
    }
    let (name, key) = (described.name.as_str().into(), KeyId::new(&described.key));
    Ok(DataKey { place, name, key, source: Source::File, versions })
}

/// The value that `text` is the word of, or `default` without one.
fn word<W: Word>(text: Option<&str>, default: W) -> Result<W, String> {
    text.map_or(Ok(default), W::from_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_file_say_so() {
        let text = "version = 1\n[[account]]\nid = \"1234567890123456\"\n[[account.key]]\nid = \"k\"\n";
        let file = SandboxFile::parse("test.toml", text).unwrap();
        let contents = load(Some(&file), "cn-hangzhou", Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(contents.keys.iter().map(|key| key.source).collect::<Vec<_>>(), [Source::File]);
    }
}
