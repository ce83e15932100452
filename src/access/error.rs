//! What may be wrong with what is said of callers.

/// Why an account, a caller or an `AccessKey` could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// Not 1 to 20 digits.
    #[error("account id {0:?} is not 1 to 20 digits")]
    AccountId(String),
    /// Not a RAM user name.
    #[error("user name {0:?} is not 1 to 64 letters, digits, '.', '-' or '_'")]
    UserName(String),
    /// A condition key without a service prefix, or one given twice.
    #[error("condition key {0:?} is not of the form acs:<name> or <service>:<name>, or stands twice")]
    ContextKey(String),
    /// A value that is not of its condition key's type.
    #[error("condition key {key:?} cannot be {value:?}: {expected} is expected")]
    ContextValue {
        /// The key as given.
        key: String,
        /// The value as given.
        value: String,
        /// What the key holds.
        expected: &'static str,
    },
    /// Not an `AccessKey` id.
    #[error("AccessKey id {0:?} is not 1 to 128 letters, digits, '.', '-' or '_'")]
    AccessKeyId(String),
    /// An `AccessKey` without a secret, which anyone could sign with.
    #[error("AccessKey {0} has an empty secret")]
    EmptySecret(String),
    /// A public key that is too short to be safe, or longer than any in use.
    #[error("AccessKey {0} has a public key of {1} bits; 2048 to 4096 are accepted")]
    PublicKeyLength(String, usize),
    /// A bearer token that could be guessed, or that no header can hold.
    #[error("a bearer token has 16 to 4096 visible ASCII characters")]
    BearerToken,
    /// Two bearer tokens that are the same.
    #[error("a bearer token stands twice")]
    DuplicateBearerToken,
    /// Two `AccessKey`s of one id.
    #[error("AccessKey {0} stands twice")]
    DuplicateAccessKey(String),
}
