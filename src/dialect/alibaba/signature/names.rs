//! The headers that say who calls what and when.

use http::{HeaderName, HeaderValue};

pub(super) const ACTION: HeaderName = HeaderName::from_static("x-acs-action");
pub(super) const VERSION: HeaderName = HeaderName::from_static("x-acs-version");
pub(super) const DATE: HeaderName = HeaderName::from_static("x-acs-date");
pub(super) const NONCE: HeaderName = HeaderName::from_static("x-acs-signature-nonce");
pub(super) const CONTENT_SHA256: HeaderName = HeaderName::from_static("x-acs-content-sha256");
pub(super) const SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-acs-security-token");
pub(super) const BEARER_TOKEN: HeaderName = HeaderName::from_static("x-acs-bearer-token");
pub(super) const SIGNATURE_TYPE: HeaderName = HeaderName::from_static("x-acs-signature-type");

/// The value of a header, unless it is absent, empty, not text, or there twice.
pub(super) fn only<'r>(mut values: impl Iterator<Item = &'r HeaderValue>) -> Option<&'r str> {
    let value = values.next()?.to_str().ok()?.trim_ascii();
    (!value.is_empty() && values.next().is_none()).then_some(value)
}
