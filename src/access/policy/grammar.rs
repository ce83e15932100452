//! From the text of a policy to its statements.

use super::condition::Condition;
use super::document::Node;
use super::error::{PolicyWarning, Violation};
use super::key::ConditionKey;
use super::operator::{Operand, Operator};
use super::pattern::Pattern;
use super::statement::{Effect, Statement};

/// The first rule broken, and in which statement (counted from 1) if in one.
pub(super) type Refusal = (Option<usize>, Violation);

pub(super) fn read(document: &str) -> Result<(Vec<Statement>, Vec<PolicyWarning>), Refusal> {
    let nodes = statement_nodes(document).map_err(|violation| (None, violation))?;
    let (mut statements, mut warnings) = (Vec::new(), Vec::new());
    for (index, node) in nodes.into_iter().enumerate() {
        let mut reader = Reader { number: index + 1, warnings: &mut warnings };
        let statement = reader.statement(node).map_err(|violation| (Some(index + 1), violation))?;
        statements.push(statement);
    }
    Ok((statements, warnings))
}

fn statement_nodes(document: &str) -> Result<Vec<Node>, Violation> {
    const PLACE: &str = "a policy";
    let (mut version, mut statement) = (None, None);
    for (name, node) in members(PLACE, serde_json::from_str(document).map_err(Violation::Json)?)? {
        match name.as_str() {
            "Version" => version = Some(node),
            "Statement" => statement = Some(node),
            _ => {
                let known = "it has Version and Statement";
                return Err(Violation::UnknownElement { place: PLACE, name, known });
            }
        }
    }
    match version.ok_or(Violation::Missing("Version"))? {
        Node::Text(text) if text == "1" => {}
        other => return Err(Violation::Version(other)),
    }
    match statement.ok_or(Violation::Missing("Statement"))? {
        Node::List(list) if list.is_empty() => Err(Violation::Statements("an empty list")),
        Node::List(list) => Ok(list),
        Node::Object(_) => Err(Violation::Statements("a single statement without brackets")),
        _ => Err(Violation::Statements("a plain value")),
    }
}

/// Reads one statement, and notes what looks odd in it.
struct Reader<'w> {
    number: usize,
    warnings: &'w mut Vec<PolicyWarning>,
}

impl Reader<'_> {
    fn statement(&mut self, node: Node) -> Result<Statement, Violation> {
        let (mut effect, mut action, mut not_action) = (None, None, None);
        let (mut resource, mut condition) = (None, None);
        for (name, node) in members(STATEMENT, node)? {
            let element = match name.as_str() {
                "Effect" => &mut effect,
                "Action" => &mut action,
                "NotAction" => &mut not_action,
                "Resource" => &mut resource,
                "Condition" => &mut condition,
                _ => return Err(unknown_element(name)),
            };
            *element = Some(node);
        }
        let effect = self::effect(effect.ok_or(Violation::Missing("Effect"))?)?;
        let (element, node) = match (action, not_action) {
            (Some(node), None) => ("Action", node),
            (None, Some(node)) => ("NotAction", node),
            (None, None) => return Err(Violation::Missing("Action (or NotAction)")),
            (Some(_), Some(_)) => return Err(Violation::ActionAndNotAction),
        };
        let statement = Statement {
            number: self.number,
            effect,
            all_but: element == "NotAction",
            actions: self.actions(element, node)?,
            resources: self.resources(resource.ok_or(Violation::Missing("Resource"))?)?,
            conditions: condition.map_or_else(|| Ok(Box::default()), |node| self.conditions(node))?,
        };
        self.look_at_source_vpc(&statement);
        Ok(statement)
    }

    fn actions(&mut self, element: &'static str, node: Node) -> Result<Box<[Pattern]>, Violation> {
        let texts = self.texts(element, node)?;
        if let Some(text) = texts.iter().find(|text| !is_action(text)) {
            return Err(Violation::Action { element, text: text.clone() });
        }
        Ok(texts.iter().map(|text| Pattern::new(text)).collect())
    }

    fn resources(&mut self, node: Node) -> Result<Box<[Pattern]>, Violation> {
        let texts = self.texts("Resource", node)?;
        for text in &texts {
            if !text.starts_with("acs:") && !text.starts_with('*') {
                return Err(Violation::Resource(text.clone()));
            }
            if text != "*" && text.split(':').count() < 5 {
                self.warn(format!(
                    "Resource {text:?} has fewer than the five parts acs:<service>:<region>:<account>:<relative id>"
                ));
            }
        }
        Ok(texts.iter().map(|text| Pattern::new(text)).collect())
    }

    fn texts(&mut self, element: &'static str, node: Node) -> Result<Vec<String>, Violation> {
        let nodes = match node {
            Node::List(nodes) if nodes.is_empty() => return Err(Violation::Empty(element)),
            Node::List(nodes) => nodes,
            single => vec![single],
        };
        let mut texts = Vec::with_capacity(nodes.len());
        for node in nodes {
            let Node::Text(text) = node else {
                return Err(Violation::NotText { element, found: node });
            };
            self.look_at_placeholder(element, &text);
            texts.push(text);
        }
        Ok(texts)
    }

    fn conditions(&mut self, node: Node) -> Result<Box<[Condition]>, Violation> {
        let mut conditions = Vec::new();
        for (name, block) in members("Condition", node)? {
            let operator = Operator::named(&name).ok_or(Violation::Operator(name))?;
            let first = conditions.len();
            for (written, values) in members("a condition operator", block)? {
                let key = ConditionKey::parse(&written).ok_or_else(|| Violation::Key(written.clone()))?;
                if conditions[first..].iter().any(|other: &Condition| *other.key() == key) {
                    return Err(Violation::Twice { place: "a condition operator", name: written });
                }
                let operands = self.operands(operator, &written, values)?;
                conditions.push(Condition::new(operator, key, operands));
            }
            if conditions.len() == first {
                return Err(Violation::NoKey(operator.name()));
            }
        }
        Ok(conditions.into())
    }

    fn operands(&mut self, operator: &Operator, key: &str, node: Node) -> Result<Vec<Operand>, Violation> {
        // A key may hold anything after its colon; a message is one line.
        let key = || key.escape_debug().to_string();
        let nodes = match node {
            Node::List(nodes) if nodes.is_empty() => return Err(Violation::NoValue { key: key() }),
            Node::List(nodes) => nodes,
            single => vec![single],
        };
        let mut operands = Vec::with_capacity(nodes.len());
        for node in nodes {
            let value = match node {
                Node::Text(text) => text,
                Node::Boolean(value) => self.bare(&key(), value.to_string()),
                Node::Number(digits) => self.bare(&key(), digits),
                found => return Err(Violation::NotValue { key: key(), found }),
            };
            self.look_at_placeholder(&key(), &value);
            let operand = operator.operand(&value).map_err(|expected| {
                let operator = operator.name();
                Violation::Value { key: key(), value, operator, expected }
            })?;
            operands.push(operand);
        }
        Ok(operands)
    }

    fn bare(&mut self, key: &str, value: String) -> String {
        self.warn(format!("{key} has the bare value {value}; RAM documents quoted values: write \"{value}\""));
        value
    }

    fn look_at_placeholder(&mut self, element: &str, text: &str) {
        if text.contains("${") {
            self.warn(format!("{element} {text:?} holds a literal \"${{\": RAM replaces no variables"));
        }
    }

    /// KMS documents that the key works only where every action begins with `kms:`.
    fn look_at_source_vpc(&mut self, statement: &Statement) {
        let on_vpc = statement.conditions.iter().any(|condition| condition.key().is_source_vpc());
        let of_kms =
            |pattern: &Pattern| pattern.as_str().get(..4).is_some_and(|service| service.eq_ignore_ascii_case("kms:"));
        if on_vpc && (statement.all_but || !statement.actions.iter().all(of_kms)) {
            self.warn("acs:SourceVpc works only where every Action begins with \"kms:\"".to_owned());
        }
    }

    fn warn(&mut self, text: String) {
        self.warnings.push(PolicyWarning { statement: self.number, text });
    }
}

const STATEMENT: &str = "a statement";

fn effect(node: Node) -> Result<Effect, Violation> {
    match node {
        Node::Text(text) if text == "Allow" => Ok(Effect::Allow),
        Node::Text(text) if text == "Deny" => Ok(Effect::Deny),
        other => Err(Violation::Effect(other)),
    }
}

fn unknown_element(name: String) -> Violation {
    let known = match name.as_str() {
        "Principal" | "Sid" => "it belongs to resource-based policies, not to one attached to a user",
        "NotPrincipal" | "NotResource" => "RAM has no such element",
        _ => "it has Effect, Action or NotAction, Resource, and perhaps Condition",
    };
    Violation::UnknownElement { place: STATEMENT, name, known }
}

/// `*`, or a service and an action with something on either side of the colon.
fn is_action(text: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
    text == "*" || text.split_once(':').is_some_and(|(service, action)| plain(service) && plain(action))
}

fn members(place: &'static str, node: Node) -> Result<Vec<(String, Node)>, Violation> {
    let Node::Object(members) = node else {
        return Err(Violation::NotObject { place, found: node });
    };
    for (index, (name, _)) in members.iter().enumerate() {
        if members[..index].iter().any(|(earlier, _)| earlier == name) {
            return Err(Violation::Twice { place, name: name.clone() });
        }
    }
    Ok(members)
}

#[cfg(test)]
#[path = "grammar_tests.rs"]
mod tests;
