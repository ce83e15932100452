use serde::{Deserialize, Serialize};

use crate::dialect::alibaba::fault::Fault;
use crate::dialect::alibaba::kms::action::Action;
use crate::dialect::alibaba::kms::target::{TheService, Whole};
use crate::keyring::{Read, Ring};

/// Tell whether the account has the service. It does.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeAccountKmsStatus {}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Described {
    account_status: &'static str,
}

impl Action for DescribeAccountKmsStatus {
    const NAME: &'static str = "DescribeAccountKmsStatus";
    type Mode = Read;
    type Target = Whole<TheService>;
    type Reply = Described;

    fn target(&self) {}

    fn run(self, (): (), _ring: &mut Ring<'_, Read>) -> Result<Described, Fault> {
        Ok(Described { account_status: "Enabled" })
    }
}
