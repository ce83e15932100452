//! The error codes of the service: one constant a row.

use std::borrow::Cow;

use serde::Serialize;

use crate::access::{ANYTHING, Verdict};
use crate::call::{Denial, Refusal};
use crate::keyring::{self, Impossible, KeyState, Purpose};
use crate::world::CommitError;

/// A row of the error tables: HTTP status, code, message. `{}` in a message stands for what the error is about.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    pub status: u16,
    pub name: &'static str,
    pub message: &'static str,
}

const fn code(status: u16, name: &'static str, message: &'static str) -> Code {
    Code { status, name, message }
}

// The gateway: who calls, and with what signature. Sources: alibaba-wire §7.2, alibaba-errors §§1.1, 1.5 and 2.
pub const INVALID_ACCESS_KEY_ID: Code =
    code(404, "InvalidAccessKeyId.NotFound", "The Access Key ID provided does not exist in our records.");
pub const FORBIDDEN_ACCESS_KEY: Code = code(403, "Forbidden.AccessKey", "This AccessKey is not enabled.");
pub const SIGNATURE_DOES_NOT_MATCH: Code = code(
    400,
    "SignatureDoesNotMatch",
    "Specified signature is not matched with our calculation. server string to sign is:{}",
);
pub const INCOMPLETE_SIGNATURE: Code =
    code(400, "IncompleteSignature", "The request signature does not conform to Aliyun standards.");
pub const INVALID_SIGNATURE_METHOD: Code =
    code(400, "InvalidSignatureMethod", "Specified signature method is not valid.");
pub const MISMATCHED_SECURITY_TOKEN: Code =
    code(400, "InvalidSecurityToken.MismatchWithAccessKey", "Specified SecurityToken mismatch with the AccessKey.");
pub const ILLEGAL_TIMESTAMP: Code = code(
    400,
    "IllegalTimestamp",
    "The input parameter \"Timestamp\" that is mandatory for processing this request is not supplied.",
);
pub const EXPIRED_TIMESTAMP: Code =
    code(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.");
pub const SIGNATURE_NONCE_USED: Code = code(400, "SignatureNonceUsed", "Specified signature nonce was used already.");
pub const UNSUPPORTED_HTTP_METHOD: Code = code(403, "UnsupportedHTTPMethod", "This http method is not supported.");
pub const ACTION_NOT_FOUND: Code =
    code(404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.");
pub const INVALID_VERSION: Code = code(400, "InvalidVersion", "Specified parameter Version is not valid.");

// What a request asks for. The messages of the first two were seen in real answers, both blanks included.
pub const MISSING_PARAMETER: Code = code(400, "MissingParameter", "The parameter  {}  needed but no provided.");
pub const INVALID_PARAMETER: Code = code(400, "InvalidParameter", "The specified parameter  {}  is not valid.");
pub const PARSE_REQUEST_PARAMETER: Code =
    code(400, "ParseRequestParameterException", "Server parse parameters exception. Please check your input params.");
pub const UNSUPPORTED_OPERATION: Code = code(400, "UnsupportedOperation", "This action is not supported.");
pub const UNSUPPORTED_ALIAS: Code = code(400, "Unsupported.Alias", "Alias is not valid for this api.");
pub const UNSUPPORTED_PROTECTION_LEVEL: Code =
    code(400, "Unsupported.ProtectionLevel", "This protection level is not valid for this region");
pub const UNSUPPORTED_ORIGIN: Code = code(400, "Unsupported.Origin", "This key origin is not valid for this api");
pub const KEY_POLICY_UNSUPPORTED: Code =
    code(400, "Forbidden.KeyPolicyUnSupported", "The specified key does not support key policy.");
pub const REJECTED_UNSUPPORTED_OPERATION: Code = code(400, "Rejected.UnsupportedOperation", "Unsupported operation.");
pub const DUPLICATE_TAG_KEY: Code = code(400, "Duplicate.TagKey", "The specified tagKey is duplicate.");
pub const INVALID_TAG_KEY: Code = code(400, "InvalidParameter.TagKey", "The specified parameter is not valid.");
pub const INVALID_TAG_VALUE: Code = code(400, "InvalidParameter.TagValue", "The specified parameter is not valid.");
pub const OPENED: Code = code(400, "Forbidden.Opened", "Your kms service has been opened.");
pub const ALIAS_ALREADY_EXISTS: Code = code(400, "AliasAlreadyExists", "AliasName Already Exists.");
pub const INVALID_IMPORT_TOKEN: Code = code(400, "InvalidImportToken", "import token is invalid");
pub const EXPIRED_IMPORT_TOKEN: Code = code(400, "ExpiredImportToken", "import token is expired");
pub const INVALID_KEY_MATERIAL: Code = code(400, "InvalidKeyMaterial", "key material is invalid");

// Permission and existence.
pub const NO_PERMISSION: Code =
    code(403, "Forbidden.NoPermission", "This operation for {} is forbidden by permission system.");
/// Where the permission is about no thing in particular.
pub const NO_PERMISSION_AT_ALL: Code =
    code(403, "Forbidden.NoPermission", "This operation is forbidden by permission system.");
pub const INSTANCE_NOT_FOUND: Code =
    code(403, "Forbidden.DKMSInstanceNotFound", "The specified DKMS Instance is not found.");
pub const KEY_NOT_FOUND: Code = code(404, "Forbidden.KeyNotFound", "The specified Key is not found.");
pub const ALIAS_NOT_FOUND: Code = code(404, "Forbidden.AliasNotFound", "The specified Alias is not found.");
pub const KEY_VERSION_NOT_FOUND: Code =
    code(404, "Forbidden.KeyVersionNotFound", "The specified Key version is not found.");
pub const RESOURCE_NOT_FOUND: Code = code(404, "Forbidden.ResourceNotFound", "Resource not found.");
pub const CERTIFICATE_NOT_FOUND: Code = code(404, "Certificate.NotFound", "The specified certificate is not found.");
pub const RESOURCE_ID_NOT_FOUND: Code =
    code(404, "InvalidResourceId.NotFound", "The specified ResourceId is not found.");

// Key states (alibaba-errors §5.1).
pub const REJECTED_DISABLED: Code =
    code(409, "Rejected.Disabled", "The request was rejected because the key state is Disabled.");
pub const REJECTED_PENDING_DELETION: Code =
    code(409, "Rejected.PendingDeletion", "The request was rejected because the key state is PendingDeletion.");
pub const REJECTED_PENDING_IMPORT: Code =
    code(409, "Rejected.PendingImport", "The request was rejected because the key state is PendingImport.");
pub const REJECTED_UNAVAILABLE: Code =
    code(409, "Rejected.Unavailable", "The request was rejected because the key state is Unavailable.");
pub const STATE_MODIFIED_FAILED: Code = code(409, "Rejected.StateModifiedFailed", "Keystate modified failed.");

// Limits and failures.
pub const LIMIT_EXCEEDED: Code =
    code(400, "Rejected.LimitExceeded", "The request was rejected because user create resource limit was exceeded.");
pub const THROTTLING: Code = code(429, "Rejected.Throttling", "QPS Limit Exceeded");
pub const UNAVAILABLE: Code = code(503, "ServiceUnavailableTemporary", "Service Unavailable Temporary.");
pub const INTERNAL_FAILURE: Code = code(500, "InternalFailure", "Internal Failure");

// DryRun. The codes are documented; the messages are the documented sentences, the statuses a choice.
pub const DRY_RUN_OPERATION: Code =
    code(400, "DryRunOperationError", "The request would have succeeded if the DryRun parameter was not specified.");
pub const DRY_RUN_VALIDATION: Code =
    code(400, "ValidationError", "The parameters specified in the request are invalid. {}");
pub const DRY_RUN_ACCESS_DENIED: Code =
    code(403, "AccessDeniedError", "You are not authorized to perform this operation on the KMS resource.");

// Our own: what the real service has no word for, or never meets.
pub const BROWSER_REQUEST: Code = code(
    403,
    "Forbidden.BrowserRequest",
    "Requests from web pages of other sites, or for a host name that this server does not know, are refused: {}.",
);
pub const BODY_TOO_LARGE: Code = code(413, "RequestEntityTooLarge", "The request body is larger than 1 MiB.");
pub const BODY_INCOMPLETE: Code = code(408, "RequestTimeout", "The request body did not arrive whole in time.");
pub const HEAD_TOO_LARGE: Code =
    code(431, "RequestHeaderFieldsTooLarge", "The request has more than 256 headers, or a head of more than 128 KiB.");

/// A refusal or failure: a row, what it is about, and for the log its cause.
#[derive(Debug, Clone)]
pub struct Fault {
    pub code: &'static Code,
    pub message: Cow<'static, str>,
    pub access_denied_detail: Option<Box<AccessDeniedDetail>>,
    /// For the log, never for the caller.
    pub cause: Option<String>,
}

impl Fault {
    /// The row's message is about `subject`.
    pub fn about(code: &'static Code, subject: &str) -> Self {
        Self { message: code.message.replacen("{}", subject, 1).into(), ..Self::from(code) }
    }

    /// Say in the log why.
    #[must_use]
    pub fn because(self, cause: impl Into<String>) -> Self {
        Self { cause: Some(cause.into()), ..self }
    }
}

impl From<&'static Code> for Fault {
    fn from(code: &'static Code) -> Self {
        Self { code, message: code.message.into(), access_denied_detail: None, cause: None }
    }
}

impl From<keyring::Error> for Fault {
    fn from(error: keyring::Error) -> Self {
        use keyring::Error;
        match error {
            Error::KeyNotFound => (&KEY_NOT_FOUND).into(),
            Error::AliasNotFound => (&ALIAS_NOT_FOUND).into(),
            Error::AliasTaken => (&ALIAS_ALREADY_EXISTS).into(),
            Error::NotUsable(state) => rejected(state).into(),
            Error::NotChangeable(_) => (&STATE_MODIFIED_FAILED).into(),
            Error::VersionNotFound => (&KEY_VERSION_NOT_FOUND).into(),
            Error::NotFor { purpose, .. } => Self::from(not_for(purpose)).because(error.to_string()),
            Error::UnsuitableAlgorithm(_) => Self::about(&INVALID_PARAMETER, "Algorithm").because(error.to_string()),
            Error::Impossible(why) => Self::about(&INVALID_PARAMETER, impossible(why)).because(why.to_string()),
            Error::ProtectedFromDeletion
            | Error::NeverRotates
            | Error::ImportedHasOneVersion
            | Error::MacHasOneVersion
            | Error::LastVersionTooYoung => Self::from(&REJECTED_UNSUPPORTED_OPERATION).because(error.to_string()),
            Error::NotImported => (&UNSUPPORTED_ORIGIN).into(),
            Error::ExpiryHasPassed => {
                Self::about(&INVALID_PARAMETER, "KeyMaterialExpireUnix").because(error.to_string())
            }
            Error::DigestLength => Self::about(&INVALID_PARAMETER, "Digest").because(error.to_string()),
            Error::TooLong(error) => Self::about(&INVALID_PARAMETER, "Plaintext").because(error.to_string()),
            Error::Inauthentic => Self::about(&INVALID_PARAMETER, "CiphertextBlob").because(
                "the blob does not open: it was changed, sealed under another EncryptionContext, or encrypted to another \
                 key or with another algorithm",
            ),
            Error::InvalidImportToken => (&INVALID_IMPORT_TOKEN).into(),
            Error::ExpiredImportToken => (&EXPIRED_IMPORT_TOKEN).into(),
            Error::InvalidMaterial => (&INVALID_KEY_MATERIAL).into(),
        }
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Throttled => (&THROTTLING).into(),
            Refusal::TooBusy => Self::from(&THROTTLING).because("too many calls wait for the same already"),
            Refusal::Denied(denial) => (&*denial).into(),
            Refusal::Key(error) => error.into(),
            Refusal::Unkept(error) => error.into(),
            Refusal::Abandoned => Self::from(&UNAVAILABLE).because("the caller has gone: nothing was done"),
        }
    }
}

impl From<&Denial> for Fault {
    fn from(denial: &Denial) -> Self {
        let fault = match denial.resource.name.as_str() {
            ANYTHING => Self::from(&NO_PERMISSION_AT_ALL),
            name => Self::about(&NO_PERMISSION, name),
        };
        let detail = AccessDeniedDetail::of(denial);
        Self { access_denied_detail: Some(Box::new(detail)), ..fault.because(denial.explain()) }
    }
}

impl From<CommitError> for Fault {
    fn from(error: CommitError) -> Self {
        let code = match error {
            CommitError::Conflict | CommitError::Busy => &UNAVAILABLE,
            CommitError::TooLarge => &LIMIT_EXCEEDED,
            CommitError::Full | CommitError::Failed(_) => &INTERNAL_FAILURE,
        };
        Self::from(code).because(error.to_string())
    }
}

/// Sources: alibaba-errors §1.7 and the tables of AsymmetricEncrypt and AsymmetricDecrypt; for signatures, codes and
/// public keys none is documented.
fn not_for(purpose: Purpose) -> &'static Code {
    match purpose {
        Purpose::Encryption | Purpose::Signature | Purpose::Mac | Purpose::PublicKey => &UNSUPPORTED_OPERATION,
        Purpose::PublicKeyEncryption => &REJECTED_UNSUPPORTED_OPERATION,
    }
}

/// The parameter that asks for what no key is.
const fn impossible(why: Impossible) -> &'static str {
    match why {
        Impossible::Usage => "KeyUsage",
        Impossible::Origin => "Origin",
        Impossible::Rotation => "EnableAutomaticRotation",
    }
}

fn rejected(state: KeyState) -> &'static Code {
    match state {
        // No operation refuses an enabled key for use; the row exists for the match alone.
        KeyState::Enabled => &STATE_MODIFIED_FAILED,
        KeyState::Disabled => &REJECTED_DISABLED,
        KeyState::PendingDeletion => &REJECTED_PENDING_DELETION,
        KeyState::PendingImport => &REJECTED_PENDING_IMPORT,
        KeyState::Unavailable => &REJECTED_UNAVAILABLE,
    }
}

/// Who was refused what, and by which kind of policy: an object of strings in a refusal.
/// Source: the documented example (alibaba-ram §4).
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccessDeniedDetail {
    pub auth_action: String,
    pub auth_principal_display_name: String,
    pub auth_principal_owner_id: String,
    pub auth_principal_type: &'static str,
    pub no_permission_type: &'static str,
    pub policy_type: &'static str,
}

impl AccessDeniedDetail {
    pub fn of(denial: &Denial) -> Self {
        let Denial { principal, action, decision, .. } = denial;
        let is_explicit = decision.verdict == Verdict::ExplicitlyDenied;
        Self {
            auth_action: action.clone(),
            auth_principal_display_name: principal.id().to_owned(),
            auth_principal_owner_id: principal.account().as_str().to_owned(),
            // The documents have no word for an account itself.
            auth_principal_type: if principal.is_root() { "Account" } else { "SubUser" },
            no_permission_type: if is_explicit { "ExplicitDeny" } else { "ImplicitDeny" },
            policy_type: "AccountLevelIdentityBasedPolicy",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (what the keyring says, code, what the message is about, the cause in the log)
    #[test]
    fn rules_of_the_keyring_in_the_services_words() {
        use keyring::Error;
        for (error, code, about, cause) in [
            (Impossible::Usage.into(), &INVALID_PARAMETER, "KeyUsage", Some("no key of this spec is made for it")),
            (
                Impossible::Origin.into(),
                &INVALID_PARAMETER,
                "Origin",
                Some("a key of this spec has no imported material"),
            ),
            (
                Impossible::Rotation.into(),
                &INVALID_PARAMETER,
                "EnableAutomaticRotation",
                Some("such a key does not rotate by itself"),
            ),
            (
                Error::ProtectedFromDeletion,
                &REJECTED_UNSUPPORTED_OPERATION,
                "",
                Some("the key is protected from deletion"),
            ),
            (
                Error::NeverRotates,
                &REJECTED_UNSUPPORTED_OPERATION,
                "",
                Some("only a symmetric key whose material the service makes rotates by itself"),
            ),
            (
                Error::ImportedHasOneVersion,
                &REJECTED_UNSUPPORTED_OPERATION,
                "",
                Some("a key with imported material has one version"),
            ),
            (
                Error::MacHasOneVersion,
                &REJECTED_UNSUPPORTED_OPERATION,
                "",
                Some("codes do not name a version: a MAC key has one"),
            ),
            (
                Error::LastVersionTooYoung,
                &REJECTED_UNSUPPORTED_OPERATION,
                "",
                Some("the last version is less than 7 days old"),
            ),
            (Error::NotImported, &UNSUPPORTED_ORIGIN, "", None),
            (Error::ExpiryHasPassed, &INVALID_PARAMETER, "KeyMaterialExpireUnix", Some("it has passed")),
            (
                Error::DigestLength,
                &INVALID_PARAMETER,
                "Digest",
                Some("the digest is not as long as those of the algorithm"),
            ),
        ] {
            let fault = Fault::from(error);
            assert_eq!((fault.code, fault.cause.as_deref()), (code, cause));
            assert_eq!(fault.message, code.message.replace("{}", about), "{cause:?}");
        }
    }
}
