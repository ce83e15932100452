use serde::Deserialize;

use crate::dialect::alibaba::fault::{self, Fault};
use crate::dialect::alibaba::kms::action::{Action, Empty};
use crate::dialect::alibaba::kms::target::{TheService, Whole};
use crate::keyring::{Read, Ring};

/// Order the service for the account, which can be done once. Accounts have it from the start.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OpenKmsService {}

impl Action for OpenKmsService {
    const NAME: &'static str = "OpenKmsService";
    type Mode = Read;
    type Target = Whole<TheService>;
    type Reply = Empty;

    fn target(&self) {}

    fn run(self, (): (), _ring: &mut Ring<'_, Read>) -> Result<Empty, Fault> {
        Err((&fault::OPENED).into())
    }
}
