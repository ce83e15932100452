use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::subject::{AnyResource, Whole};

/// Order the service for the account, which can be done once. Accounts have it from the start.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OpenKmsService {}

impl Deed for OpenKmsService {
    const NAME: &'static str = "OpenKmsService";
    type Mode = Read;
    type Subject = Whole<AnyResource>;
    type Reply = Empty;

    fn subject(&self) {}

    fn run(&self, (): (), _view: &mut View<'_, Read>) -> Result<Empty, Fault> {
        Err((&fault::OPENED).into())
    }
}
