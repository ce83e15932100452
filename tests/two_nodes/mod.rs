//! Two whole sandboxes over one engine, driven at once: what they tell is one state, and every answer is true.

mod again;
mod cluster;
mod effects;
mod orders;
mod storm;
mod turnstile;
mod wishes;
