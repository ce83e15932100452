//! Aliases: names that stand for keys.

mod create_alias;
mod delete_alias;
mod list_aliases;
mod list_aliases_by_key_id;
mod listed;
mod update_alias;

pub(super) use create_alias::CreateAlias;
pub(super) use delete_alias::DeleteAlias;
pub(super) use list_aliases::ListAliases;
pub(super) use list_aliases_by_key_id::ListAliasesByKeyId;
pub(super) use update_alias::UpdateAlias;
