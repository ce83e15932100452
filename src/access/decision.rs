//! Whether a caller may, and if not, what stands in the way.

use std::fmt;

use super::policy::{Effect, Policy, Statement};
use super::{AccountId, Arn, Principal, Request};

/// Whether `principal` may do what `request` asks.
///
/// Root may do everything in its account; no policy is evaluated. For a user a matching Deny
/// refuses, else a matching Allow allows, else the request is refused implicitly. A resource of
/// another account is refused to both, as there are no key or secret policies that could grant
/// it; a user's own Deny is still reported as such. Source: "Policy evaluation process" of RAM.
pub fn decide<'a>(principal: &'a Principal, request: &Request<'a>) -> Result<(), Denial<'a>> {
    let denied = |grounds| Err(Denial { principal, request: *request, grounds });
    let allowed = if principal.is_root() {
        true
    } else {
        match evaluate(principal, request) {
            Ok(allowed) => allowed,
            Err(grounds) => return denied(grounds),
        }
    };
    if !is_own(principal.account(), request.resource) {
        return denied(Grounds::OtherAccount);
    }
    if allowed { Ok(()) } else { denied(Grounds::NothingAllows) }
}

/// A refusal, with what is needed to say why.
pub struct Denial<'a> {
    principal: &'a Principal,
    request: Request<'a>,
    grounds: Grounds<'a>,
}

/// What the refusal rests on.
#[derive(Clone, Copy)]
pub(super) enum Grounds<'a> {
    Explicit { policy: &'a Policy, statement: &'a Statement },
    OtherAccount,
    NothingAllows,
}

impl<'a> Denial<'a> {
    /// Whether a Deny statement refused, rather than the lack of an Allow.
    pub fn is_explicit(&self) -> bool {
        matches!(self.grounds, Grounds::Explicit { .. })
    }

    /// The Deny statement that refused: its policy's name, and its place there counted from 1.
    pub fn denied_by(&self) -> Option<(&'a str, usize)> {
        match self.grounds {
            Grounds::Explicit { policy, statement } => Some((policy.name(), statement.number())),
            Grounds::OtherAccount | Grounds::NothingAllows => None,
        }
    }

    /// Who was refused.
    pub fn principal(&self) -> &'a Principal {
        self.principal
    }

    /// The action refused, such as `kms:Decrypt`.
    pub fn action(&self) -> &'a str {
        self.request.action
    }

    /// The full name of the resource, which the service's error text names.
    pub fn resource(&self) -> &'a str {
        self.request.resource
    }

    /// The reason in one line for a person: the statement that denies, or those that came closest
    /// to allowing and what kept them from it, with the values seen. Evaluates the policies once
    /// more, so that a decision costs nothing for it.
    pub fn explain(&self) -> String {
        super::explanation::explain(self)
    }

    pub(super) fn request(&self) -> &Request<'a> {
        &self.request
    }

    pub(super) fn grounds(&self) -> Grounds<'a> {
        self.grounds
    }
}

/// The explanation.
impl fmt::Debug for Denial<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.explain())
    }
}

/// Whether any statement allows; an error if one denies.
fn evaluate<'a>(principal: &'a Principal, request: &Request<'a>) -> Result<bool, Grounds<'a>> {
    let mut allowed = false;
    for policy in principal.policies() {
        for statement in policy.statements() {
            if allowed && statement.effect() == Effect::Allow {
                continue;
            }
            let seen = |key: &_| request.seen(key, principal);
            if statement.matches(request.action, request.resource, seen) {
                match statement.effect() {
                    Effect::Deny => return Err(Grounds::Explicit { policy, statement }),
                    Effect::Allow => allowed = true,
                }
            }
        }
    }
    Ok(allowed)
}

/// A name that cannot be taken apart is nobody's.
fn is_own(account: &AccountId, resource: &str) -> bool {
    resource == "*" || Arn::parse(resource).is_some_and(|arn| arn.account == account.as_str())
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
