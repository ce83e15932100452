//! Aliases: names that stand for keys.

mod create_alias;
mod delete_alias;
mod list_aliases;

pub(super) use create_alias::CreateAlias;
pub(super) use delete_alias::DeleteAlias;
pub(super) use list_aliases::ListAliases;
