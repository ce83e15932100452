//! What a decision rests on, in one line for a person. Runs only when somebody asks.

use std::fmt::Write;

use super::decision::{Decision, Grounds, Verdict};
use super::policy::{Condition, Effect, Policy, Seen, Statement};
use super::{Arn, Principal, Request};

/// The reason in one line for a person: the statement that decided, or those that came closest to allowing and what kept
/// them from it, with the values seen. Evaluates the policies once more, so that a decision costs nothing for it.
pub fn explain(decision: &Decision, principal: &Principal, request: &Request<'_>) -> String {
    let who = if principal.is_root() { "the account" } else { "user" };
    let verdict = if decision.is_allowed() { "allowed" } else { "denied" };
    let opening = format!(
        "{} on {} is {verdict} to {who} {} ({})",
        request.action,
        request.resource,
        principal.display_name(),
        principal.arn()
    );
    let reason = match &decision.grounds {
        Grounds::Root => "an account may do everything with what is its own".to_owned(),
        Grounds::Statement { policy, number, .. } => {
            by_statement(decision.verdict, policy, *number, principal, request)
        }
        Grounds::OtherAccount => other_account(request.resource),
        Grounds::NothingAllows(_) => near_misses(principal, request),
    };
    one_line(&format!("{opening}: {reason}"))
}

fn by_statement(
    verdict: Verdict,
    policy: &Policy,
    number: usize,
    principal: &Principal,
    request: &Request<'_>,
) -> String {
    let verb = if verdict == Verdict::Allowed { "allows" } else { "denies" };
    let Some(statement) = policy.statements().iter().find(|statement| statement.number() == number) else {
        return format!("policy {:?} {verb} it", policy.name());
    };
    let mut text = format!("{} {verb} it", place(policy, statement));
    for (index, condition) in statement.conditions().iter().enumerate() {
        let seen = request.seen(condition.key(), principal);
        let opening = if index == 0 { ", as its condition is met:" } else { " and" };
        let _ = write!(text, "{opening} {condition} ({})", sight(condition, seen));
    }
    text
}

fn other_account(resource: &str) -> String {
    match Arn::parse(resource) {
        Some(arn) => {
            format!("the resource belongs to account {}, and no key or secret policy there grants access", arn.account)
        }
        None => "the resource name is not of the form acs:<service>:<region>:<account>:<relative id>".to_owned(),
    }
}

/// The Allow statements that came closest, and what kept each from matching.
fn near_misses(principal: &Principal, request: &Request<'_>) -> String {
    let policies = principal.policies();
    if policies.is_empty() {
        return "no policy is attached".to_owned();
    }
    let (mut on_condition, mut on_resource) = (Vec::new(), Vec::new());
    for policy in policies {
        for statement in policy.statements() {
            if statement.effect() != Effect::Allow || !statement.names(request.action) {
                continue;
            }
            let place = place(policy, statement);
            if statement.covers(request.resource) {
                on_condition.push(format!("{place} would allow it, but {}", unmet(statement, principal, request)));
            } else {
                on_resource.push(format!("{place} allows the action, but {}", elsewhere(statement, request.resource)));
            }
        }
    }
    if !on_condition.is_empty() {
        return listed(&on_condition);
    }
    if !on_resource.is_empty() {
        return listed(&on_resource);
    }
    let names: Vec<String> = policies.iter().map(|policy| format!("{:?}", policy.name())).collect();
    format!("no Allow statement names the action (attached: {})", names.join(", "))
}

fn unmet(statement: &Statement, principal: &Principal, request: &Request<'_>) -> String {
    let unmet = statement.conditions().iter().filter_map(|condition| {
        let seen = request.seen(condition.key(), principal);
        let sight = sight(condition, seen);
        (!condition.holds(seen)).then(|| format!("{condition} is not met ({sight})"))
    });
    unmet.collect::<Vec<_>>().join(" and ")
}

/// What the request shows for a condition's key.
fn sight(condition: &Condition, seen: Option<Seen<'_>>) -> String {
    match seen {
        Some(Seen::Text(text)) => format!("seen: {text:?}"),
        Some(Seen::Address(address)) => format!("seen: {address}"),
        Some(Seen::Time(time)) => format!("seen: {time}"),
        Some(Seen::Boolean(value)) => format!("seen: {value}"),
        None if condition.operator().is_negated() => "absent, which a negated operator accepts".to_owned(),
        None => "absent from this request".to_owned(),
    }
}

fn elsewhere(statement: &Statement, resource: &str) -> String {
    let patterns: Vec<String> = statement.resources().iter().map(|pattern| format!("{:?}", pattern.as_str())).collect();
    let mut text = format!("only on {}", listed_by(&patterns, ", "));
    // A pattern such as `…:key/*` is often meant to cover the container `…:key` too.
    if statement.covers(&format!("{resource}/")) {
        text.push_str(", which covers what is inside this container, not the container itself");
    } else if statement.resources().iter().any(|pattern| pattern.matches_ignoring_case(resource)) {
        text.push_str(", which differs in upper and lower case");
    }
    text
}

fn place(policy: &Policy, statement: &Statement) -> String {
    format!("policy {:?} statement {}", policy.name(), statement.number())
}

fn listed(items: &[String]) -> String {
    listed_by(items, "; ")
}

/// The first few, and how many more.
fn listed_by(items: &[String], separator: &str) -> String {
    const SHOWN: usize = 3;
    let mut text = items[..items.len().min(SHOWN)].join(separator);
    if let Some(more) = items.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let _ = write!(text, "{separator}and {more} more");
    }
    text
}

/// The caller chose parts of this text, and must not begin a new line of the log with it.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}
