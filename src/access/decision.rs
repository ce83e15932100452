//! Whether a caller may, and what that rests on.

use std::sync::Arc;

use super::policy::{Effect, Policy};
use super::{ANYTHING, AccountId, Arn, Principal, Request};

/// An answer to the question whether a caller may do what it wants, with what it rests on. A value for allow and for
/// deny alike; the text is made by [`explain`](super::explain) when somebody asks for it.
#[derive(Debug, Clone)]
pub struct Decision {
    pub verdict: Verdict,
    pub grounds: Grounds,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    /// A Deny statement matched.
    ExplicitlyDenied,
    /// No Allow statement did, or none could.
    ImplicitlyDenied,
}

/// What a decision rests on.
#[derive(Debug, Clone)]
pub enum Grounds {
    /// The account itself may do everything in its account.
    Root,
    /// This statement of this policy, counted from 1.
    Statement { layer: Layer, policy: Arc<Policy>, number: usize },
    /// No statement of this layer allows it.
    NothingAllows(Layer),
    /// The resource is another account's, and nothing there grants access.
    OtherAccount,
}

/// Where policies come from. A Deny of any layer refuses; each layer must allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// Attached to a RAM user.
    Identity,
}

impl Decision {
    pub fn is_allowed(&self) -> bool {
        self.verdict == Verdict::Allowed
    }

    fn allowed(grounds: Grounds) -> Self {
        Self { verdict: Verdict::Allowed, grounds }
    }

    fn denied(grounds: Grounds) -> Self {
        Self { verdict: Verdict::ImplicitlyDenied, grounds }
    }
}

/// Whether `principal` may do what `request` asks.
///
/// Root may do everything in its account; no policy is evaluated. For a user a matching Deny
/// refuses, else a matching Allow allows, else the request is refused implicitly. A resource of
/// another account is refused to both, as there are no key or secret policies that could grant
/// it; a user's own Deny is still reported as such. Source: "Policy evaluation process" of RAM.
pub fn decide(principal: &Principal, request: &Request<'_>) -> Decision {
    let decision = if principal.is_root() {
        Decision::allowed(Grounds::Root)
    } else {
        evaluate(Layer::Identity, principal.policies(), principal, request)
    };
    let is_own = decision.verdict == Verdict::ExplicitlyDenied || is_own(principal.account(), request.resource);
    if is_own { decision } else { Decision::denied(Grounds::OtherAccount) }
}

/// What the policies of one layer say: the first Deny that matches, else the first Allow.
fn evaluate(layer: Layer, policies: &[Arc<Policy>], principal: &Principal, request: &Request<'_>) -> Decision {
    let mut allowed = None;
    for policy in policies {
        for statement in policy.statements() {
            if allowed.is_some() && statement.effect() == Effect::Allow {
                continue;
            }
            let seen = |key: &_| request.seen(key, principal);
            if statement.matches(request.action, request.resource, seen) {
                let grounds = Grounds::Statement { layer, policy: Arc::clone(policy), number: statement.number() };
                match statement.effect() {
                    Effect::Deny => return Decision { verdict: Verdict::ExplicitlyDenied, grounds },
                    Effect::Allow => allowed = Some(grounds),
                }
            }
        }
    }
    allowed.map_or_else(|| Decision::denied(Grounds::NothingAllows(layer)), Decision::allowed)
}

/// A name that cannot be taken apart is nobody's.
fn is_own(account: &AccountId, resource: &str) -> bool {
    resource == ANYTHING || Arn::parse(resource).is_some_and(|arn| arn.account == account.as_str())
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
