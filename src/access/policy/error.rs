//! What can be wrong with a policy, and what is merely suspicious.

use std::fmt;

use super::document::Node;
use super::operator::OPERATORS;

/// Why a policy was refused: one line for a person.
#[derive(Debug, thiserror::Error)]
#[error("policy {policy:?}{}: {violation}", place(*.statement))]
pub struct PolicyError {
    pub(super) policy: String,
    pub(super) statement: Option<usize>,
    pub(super) violation: Violation,
}

impl PolicyError {
    /// The statement at fault, counted from 1; `None` if it is the document as a whole.
    pub fn statement(&self) -> Option<usize> {
        self.statement
    }
}

fn place(statement: Option<usize>) -> String {
    statement.map(|number| format!(", statement {number}")).unwrap_or_default()
}

/// Something a policy may say, but its author hardly means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyWarning {
    pub(super) statement: usize,
    pub(super) text: String,
}

impl PolicyWarning {
    /// The statement it is about, counted from 1.
    pub fn statement(&self) -> usize {
        self.statement
    }
}

impl fmt::Display for PolicyWarning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "statement {}: {}", self.statement, self.text)
    }
}

/// The rule of the grammar that was broken.
#[derive(Debug, thiserror::Error)]
pub(super) enum Violation {
    #[error("the document is not JSON: {0}")]
    Json(serde_json::Error),
    #[error("{place} must be a JSON object, not {found}")]
    NotObject { place: &'static str, found: Node },
    #[error("{name:?} stands twice in {place}")]
    Twice { place: &'static str, name: String },
    #[error("{name:?} is not an element of {place}: {known}")]
    UnknownElement { place: &'static str, name: String, known: &'static str },
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("Version must be the text \"1\", not {0}")]
    Version(Node),
    #[error("Statement must be a list of at least one statement, not {0}")]
    Statements(&'static str),
    #[error("Effect must be exactly \"Allow\" or \"Deny\", not {0}")]
    Effect(Node),
    #[error("Action and NotAction exclude each other")]
    ActionAndNotAction,
    #[error("{element} must be a text or a list of texts, not {found}")]
    NotText { element: &'static str, found: Node },
    #[error("{0} must not be an empty list")]
    Empty(&'static str),
    #[error("{element} {text:?} is neither \"*\" nor of the form <service>:<action>, such as \"kms:Decrypt\"")]
    Action { element: &'static str, text: String },
    #[error("Resource {0:?} is neither \"*\" nor of the form acs:<service>:<region>:<account>:<relative id>")]
    Resource(String),
    #[error("{}; supported are {}", refused_operator(.0), supported_operators())]
    Operator(String),
    #[error("the condition operator {0} names no condition key")]
    NoKey(&'static str),
    #[error("condition key {0:?} is not of the form <service>:<name>, such as \"acs:SourceIp\"")]
    Key(String),
    #[error("{key} must have a text, or a list of texts, as its value, not {found}")]
    NotValue { key: String, found: Node },
    #[error("{key} has an empty list of values")]
    NoValue { key: String },
    #[error("{key} cannot be {value:?} under {operator}: {expected} is expected")]
    Value { key: String, value: String, operator: &'static str, expected: &'static str },
}

/// RAM has one text for both families that its users bring along from AWS.
fn refused_operator(name: &str) -> String {
    if name == "Null" || name.ends_with("IfExists") {
        format!("The condition operator 'IfExists/Null' is not supported ({name:?})")
    } else {
        format!("The condition operator {name:?} is not supported")
    }
}

fn supported_operators() -> String {
    OPERATORS.iter().map(super::operator::Operator::name).collect::<Vec<_>>().join(", ")
}
