//! The service as an account has it: accounts have it from the start.

mod describe_account_kms_status;
mod open_kms_service;

pub(super) use describe_account_kms_status::DescribeAccountKmsStatus;
pub(super) use open_kms_service::OpenKmsService;
