//! Message authentication codes.

mod generate_mac;
mod verify_mac;

pub(super) use generate_mac::GenerateMac;
pub(super) use verify_mac::VerifyMac;
