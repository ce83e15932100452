//! Subjects made of others: what they ask for, and whose refusal is told.

use std::sync::Arc;

use yaoshi::call::{Asks, Checked, Ordered, Subject, With};
use yaoshi::keyring::KeySpec;
use yaoshi::state::{Read, View};

use super::walk::{Fault, Node, Route, Stop, Walk, place};

const ASKS: Asks = Asks::new(&["One", "Other", "Third"]);

fn route(key: &str) -> Arc<Route> {
    Walk::<Read>::to(key).route
}

/// The actions that are asked for, and why nothing comes of it.
fn found<S: Subject<Fault = Fault>>(node: &Node, reference: S::Reference<'_>) -> (Vec<&'static str>, Option<String>) {
    let draw = node.premises.world.chance.draw("1");
    let view: View<'_, Read> = node.premises.holdings.view(place(), super::day(0), draw, None).unwrap();
    let found = S::find(reference, ASKS, &view);
    let asked = found.resources.iter().map(|resource| resource.action).collect();
    let told = found.outcome.err().map(|fault| match fault {
        Fault::Own(why) => why,
        Fault::OnTheWay(refusal) => format!("{refusal:?}"),
    });
    (asked, told)
}

#[test]
fn things_ask_for_one_permission_each() {
    let node = Node::new();
    let key = node.make(KeySpec::Sm4, None);
    let [one, other, third] = [&key, &key, &key].map(|key| route(key));
    assert_eq!(found::<Stop>(&node, &one), (vec!["One"], None));
    assert_eq!(found::<(Stop, Stop)>(&node, (&one, &other)), (vec!["One", "Other"], None));
    let three = found::<(Stop, (Stop, Stop))>(&node, (&one, (&other, &third)));
    assert_eq!(three, (vec!["One", "Other", "Third"], None));
    // Where there is one for all, each asks for it.
    let (first, rest) = Asks::new(&["One"]).split();
    assert_eq!((first.first(), rest.first()), ("One", "One"));
}

/// Everything is looked for and asked about before anything is told; then the first that is wrong is.
#[test]
fn the_first_that_is_wrong_is_told() {
    let node = Node::new();
    let key = node.make(KeySpec::Sm4, None);
    let (right, absent, lost) = (route(&key), route("none"), route("nothing"));
    for (one, other, told) in [
        (&right, &right, None),
        (&right, &absent, Some("no none")),
        (&absent, &right, Some("no none")),
        (&absent, &lost, Some("no none")),
    ] {
        let expected = (vec!["One", "Other"], told.map(str::to_owned));
        assert_eq!(found::<(Stop, Stop)>(&node, (one, other)), expected);
    }
    let wrong = || Err(Fault::Own("wrong".to_owned()));
    for (one, order, told) in [
        (&right, Ok(7), None),
        (&right, wrong(), Some("wrong")),
        (&absent, Ok(7), Some("no none")),
        (&absent, wrong(), Some("no none")),
    ] {
        let expected = (vec!["One"], told.map(str::to_owned));
        assert_eq!(found::<Ordered<Stop, u8>>(&node, (one, order)), expected);
    }
    assert_eq!(found::<With<Stop, u8>>(&node, (&absent, 7)), (vec!["One"], Some("no none".to_owned())));
}

/// Where the parameters do not fit together nobody knows what is meant: nothing is looked for, nothing asked.
#[test]
fn what_is_not_named_is_not_looked_for() {
    let node = Node::new();
    let one = route("none");
    assert_eq!(found::<Checked<Stop>>(&node, Ok(&one)), (vec!["One"], Some("no none".to_owned())));
    let wrong = Err(Fault::Own("wrong".to_owned()));
    assert_eq!(found::<Checked<Stop>>(&node, wrong), (vec![], Some("wrong".to_owned())));
}
