//! The floor: a fixed body of the size of a Decrypt answer, whatever was asked.

use hyper::{StatusCode, body::Bytes, http::request::Parts};

const BODY: &[u8] = br#"{"KeyId":"202b9877-5a25-46e3-a763-e20791b50001","KeyVersionId":"2ab1a983-7072-4bbc-a582-584b5bd80001","Plaintext":"kq3cZ1vXk0m0m2z3s8a1Yx0bq5n7uJ9eWcT4hR6pLgE=","RequestId":"3BB5B0F2-5B5C-4D10-9D3C-9C1C3E4E8F11"}"#;

pub(super) fn respond(_: &Parts, _: &[u8]) -> (StatusCode, Bytes) {
    (StatusCode::OK, Bytes::from_static(BODY))
}
