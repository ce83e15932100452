//! Who may do what: accounts, RAM users and their `AccessKey`s, resource names, the RAM policy
//! language, and a decision that can give its reasons.
//!
//! Everything a decision needs arrives as an argument, time included: nothing here reads a clock,
//! touches a socket or knows KMS keys, protocols or the rest of the crate but `cipher`, whose public
//! keys check signatures.
//!
//! Who is calling comes from [`People`], where [`AccessKey`]s and bearer tokens each lead to a [`Principal`] joined
//! with its policies. What it wants is a [`Request`]. [`decide`] answers with a [`Decision`], a value that tells what it
//! rests on; [`explain`] works out the text only when asked for it.
//!
//! Sources: Alibaba Cloud RAM documentation ("Policy structure and syntax", "Basic elements of a
//! policy", "Conditional operators", 2025-12; "Policy evaluation process") and KMS documentation
//! ("Policy condition keys", 2024-12 to 2026-09). Where they are silent the doc comment of the
//! item says what was chosen.

mod access_key;
mod account;
mod arn;
mod bearer_token;
mod decision;
mod error;
mod explanation;
mod identity;
mod people;
mod policy;
mod request;

pub use access_key::{AccessKey, PublicKey, Verifier};
pub use account::AccountId;
pub use arn::Arn;
pub use bearer_token::BearerToken;
pub use decision::{Decision, Grounds, Layer, Verdict, decide};
pub use error::IdentityError;
pub use explanation::explain;
pub use identity::Principal;
pub use people::{Change, People, User};
pub use policy::{Policy, PolicyError, PolicyWarning, SYSTEM_POLICY_NAMES, system_policy};
pub use request::{ANYTHING, Circumstances, Request, Tags};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_crosses_threads() {
        fn crosses<T: Send + Sync>() {}
        crosses::<People>();
        crosses::<AccessKey>();
        crosses::<Principal>();
        crosses::<Policy>();
        crosses::<Request<'static>>();
        crosses::<Decision>();
    }
}
