//! The RAM policy language: a JSON document, parsed once into something that can be evaluated
//! without allocating. Knows nothing of callers and requests.

mod condition;
mod decimal;
mod document;
mod error;
mod grammar;
mod key;
mod operator;
mod pattern;
mod statement;
mod system;

pub use error::{PolicyError, PolicyWarning};
pub use system::{SYSTEM_POLICY_NAMES, system_policy};

pub(super) use condition::Condition;
pub(super) use key::{ConditionKey, KnownKey, Seen};
pub(super) use statement::{Effect, Statement};

/// A policy to attach to a user.
#[derive(Debug)]
pub struct Policy {
    name: Box<str>,
    statements: Box<[Statement]>,
    warnings: Box<[PolicyWarning]>,
}

impl Policy {
    /// Reads an identity-based policy document:
    ///
    /// - `{"Version":"1","Statement":[…]}`, at least one statement, nothing else;
    /// - a statement has `Effect` (`Allow` or `Deny`), one of `Action` and `NotAction`,
    ///   `Resource`, perhaps `Condition`, and nothing else: `Principal` and `Sid` belong to
    ///   resource-based policies, `NotResource` and `NotPrincipal` to no RAM policy;
    /// - a text stands for a list of one; lists are not empty; no member stands twice;
    /// - actions are `*` or `<service>:<action>`; resources `*` or begin `acs:` (or `*`);
    /// - condition operators are those documented, and each value must parse for its operator.
    ///
    /// `name` is what refusals call the policy. Errors: [`PolicyError`], with the statement and
    /// the first rule broken. Source: "Policy structure and syntax" of RAM.
    pub fn parse(name: &str, document: &str) -> Result<Self, PolicyError> {
        let (statements, warnings) = grammar::read(document).map_err(|(statement, violation)| PolicyError {
            policy: name.to_owned(),
            statement,
            violation,
        })?;
        Ok(Self { name: name.into(), statements: statements.into(), warnings: warnings.into() })
    }

    /// The name given to it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What its author should look at again: bare booleans and numbers as condition values, a
    /// `${` left in place, a resource of fewer than five parts, and `acs:SourceVpc` in
    /// a statement on actions of other services.
    pub fn warnings(&self) -> &[PolicyWarning] {
        &self.warnings
    }

    pub(super) fn statements(&self) -> &[Statement] {
        &self.statements
    }
}
