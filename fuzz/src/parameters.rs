//! Parameters: query, line break, form body. They are read or refused, read the same when they are written anew, and no
//! action answers them with a failure of ours or a code that is none of its own.

use std::sync::{Arc, LazyLock};

use yaoshi::dialect::alibaba::fault::{self, Code};
use yaoshi::dialect::alibaba::kms::ACTIONS;
use yaoshi::dialect::alibaba::parameters::{Parameter, Parameters};
use yaoshi::dialect::front::Front;

use super::service::{FIXTURE, answer, percent, service, unsigned};
use super::split;

static SERVICE: LazyLock<Arc<Front>> = LazyLock::new(|| service(FIXTURE, false));

/// Whom every action is refused, after its parameters were read.
const NOBODY: &str = "nobody";

/// The account itself.
const ROOT: &str = "yaoshi";

/// What parameters can lead to, whatever they are.
const OUTCOMES: &[&Code] = &[
    &fault::MISSING_PARAMETER,
    &fault::INVALID_PARAMETER,
    &fault::UNSUPPORTED_OPERATION,
    &fault::UNSUPPORTED_ALIAS,
    &fault::INCOMPLETE_SIGNATURE,
    &fault::OPENED,
    &fault::NO_PERMISSION,
    &fault::KEY_NOT_FOUND,
    &fault::ALIAS_NOT_FOUND,
    &fault::KEY_VERSION_NOT_FOUND,
    &fault::RESOURCE_NOT_FOUND,
    &fault::RESOURCE_ID_NOT_FOUND,
    &fault::CERTIFICATE_NOT_FOUND,
    &fault::INVALID_TAG_KEY,
    &fault::INVALID_TAG_VALUE,
    &fault::DUPLICATE_TAG_KEY,
    &fault::REJECTED_UNSUPPORTED_OPERATION,
    &fault::REJECTED_DISABLED,
    &fault::REJECTED_PENDING_DELETION,
    &fault::REJECTED_PENDING_IMPORT,
    &fault::REJECTED_UNAVAILABLE,
    &fault::DRY_RUN_OPERATION,
    &fault::DRY_RUN_VALIDATION,
    &fault::DRY_RUN_ACCESS_DENIED,
];

pub fn run(data: &[u8]) {
    let (query, body) = split(data, b'\n');
    let Ok(query) = str::from_utf8(query) else { return };
    let parameters = match Parameters::read(query, body) {
        Ok(parameters) => parameters,
        Err(fault) => {
            let documented = [&fault::PARSE_REQUEST_PARAMETER, &fault::INVALID_PARAMETER];
            assert!(documented.contains(&fault.code), "{fault:?}");
            return;
        }
    };
    let (query, body) = (written(&parameters, true), written(&parameters, false));
    let again = Parameters::read(&query, body.as_bytes()).expect("what was read is right");
    assert!(parameters.iter().eq(again.iter()), "{parameters:?} {again:?}");
    for Parameter { name, value, .. } in parameters.iter() {
        assert_eq!(again.get(name), Some(value));
    }
    let is_given = |name| again.get(name).is_some() || again.below(name).next().is_some();
    for action in ACTIONS.iter().filter(|action| action.parameters().any(is_given)) {
        // What changes keys is asked by nobody, so that each input meets the same keys; and so is what makes RSA pairs.
        let is_nobodys = action.writes || action.name == "GetParametersForImport";
        let access_key = if is_nobodys { NOBODY } else { ROOT };
        let Some(request) = unsigned(access_key, action.name, &query, body.as_bytes()) else { return };
        let (status, json) = answer(&SERVICE, request);
        let is_known = match json.get("Code") {
            None => status == 200 && access_key == ROOT,
            Some(code) => OUTCOMES.iter().any(|known| code == known.name && status == known.status),
        };
        assert!(is_known, "{} {parameters:?}: {status} {json}", action.name);
    }
}

fn written(parameters: &Parameters, in_query: bool) -> String {
    let encode = |text: &str| text.bytes().map(percent).collect::<String>();
    let own = parameters.iter().filter(|parameter| parameter.in_query == in_query);
    own.map(|Parameter { name, value, .. }| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}
