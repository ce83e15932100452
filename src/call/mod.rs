//! The way of a call, written once for every dialect.
//!
//! ```text
//! throttle → resolve → permit → (settle) → admit → prepare → run → keep
//! ```
//!
//! A [`Deed`] is what a call asks for; a [`Turn`] is who asks, where and when. [`take`] leads the one through the stages
//! in the name of the other. Each stage has a type of its own ([`Found`], [`Permitted`], what a [`Subject`] becomes when
//! its state is admitted), so that none can be skipped. What is refused on the way is a [`Refusal`], for which each
//! dialect has its own words; what was learnt on the way stands in the [`Record`].

mod abandoned;
mod deed;
mod record;
mod refusal;
mod resource;
mod subject;
mod throttle;
mod turn;
mod way;

pub use abandoned::{Abandoned, Attendance};
pub use deed::{Deed, Queue};
pub use record::Record;
pub use refusal::{Denial, Refusal};
pub use resource::Resource;
pub use subject::{Asks, Checked, Found, Ordered, Permitted, Subject, With};
pub use throttle::{Limit, Limits, Throttle};
pub use turn::{Done, Premises, Turn};
pub use way::{MustWait, Waiting, take};
