use crate::dialect::alibaba::kms::prelude::*;
use crate::dialect::alibaba::kms::subject::{AnyResource, Whole};

/// Tell whether the account has the service. It does.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAccountKmsStatus {}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Described {
    account_status: &'static str,
}

impl Deed for DescribeAccountKmsStatus {
    const NAME: &'static str = "DescribeAccountKmsStatus";
    type Mode = Read;
    type Subject = Whole<AnyResource>;
    type Reply = Described;

    fn subject(&self) {}

    fn run(&self, (): (), _view: &mut View<'_, Read>) -> Result<Described, Fault> {
        Ok(Described { account_status: "Enabled" })
    }
}
