//! Who there is: accounts, their users and policies, and what each proves itself with.
//!
//! A part of the state. What a call needs is computed when a record is put: a principal is joined with its policies, and
//! each `AccessKey` leads to it, so that finding out who calls is one look-up.

use std::sync::Arc;

use imbl::{HashMap, OrdMap};

use super::bearer_token::TokenDigest;
use super::{AccessKey, AccountId, BearerToken, Policy, Principal, system_policy};
use crate::world::{Recorded, Scope};

/// Everybody, and everything that somebody proves themselves with. Cheap to clone: everything untouched is shared.
#[derive(Debug, Clone, Default)]
pub struct People {
    accounts: OrdMap<AccountId, Account>,
    access_keys: HashMap<Arc<str>, Arc<AccessKey>>,
    bearer_tokens: HashMap<TokenDigest, Arc<Principal>>,
}

/// A record put in its place; an older one of the same name is replaced.
#[derive(Debug, Clone)]
pub enum Change {
    Account(AccountId),
    Policy(AccountId, Arc<Policy>),
    User(Arc<User>),
    AccessKey(Arc<AccessKey>),
    BearerToken(Arc<BearerToken>),
}

/// A RAM user as it was described.
#[derive(Debug)]
pub struct User {
    /// Without its policies.
    pub principal: Principal,
    /// Names of policies of the account, or of the service's own.
    pub policies: Vec<Box<str>>,
}

/// Whose an `AccessKey` or bearer token is.
#[derive(Debug, Clone)]
struct Holder {
    account: AccountId,
    /// `None`: the account itself.
    user: Option<Arc<str>>,
}

#[derive(Debug, Clone)]
struct Account {
    root: Arc<Principal>,
    policies: OrdMap<Arc<str>, Arc<Policy>>,
    members: OrdMap<Option<Arc<str>>, Member>,
}

/// One who can call: a user, or as `None` the account.
#[derive(Debug, Clone)]
struct Member {
    /// `None` for the account.
    user: Option<Arc<User>>,
    joined: Arc<Principal>,
    access_keys: Vec<Arc<str>>,
    bearer_tokens: Vec<TokenDigest>,
}

impl People {
    /// The `AccessKey` of this id (case matters), inactive ones included: whether an inactive one is refused, and how,
    /// is for the caller.
    pub fn access_key(&self, id: &str) -> Option<&Arc<AccessKey>> {
        self.access_keys.get(id)
    }

    /// Who holds this bearer token. The token's digest is looked for, so that the time this takes tells nothing of the
    /// tokens there are.
    pub fn holder(&self, token: &str) -> Option<&Arc<Principal>> {
        self.bearer_tokens.get(&TokenDigest::of(token))
    }

    /// Join `user` with the policies that there are by now, for all that it proves itself with.
    fn join(&mut self, Holder { account, user }: &Holder) {
        let Some(home) = self.accounts.get_mut(account) else { return };
        let Some(member) = home.members.get_mut(user) else { return };
        let Some(described) = &member.user else { return };
        let found = |name: &str| home.policies.get(name).cloned().or_else(|| system_policy(name));
        let policies: Vec<_> = described.policies.iter().filter_map(|name| found(name)).collect();
        member.joined = Arc::new(described.principal.clone().with_policies(policies));
        for id in &member.access_keys {
            if let Some(access_key) = self.access_keys.get_mut(id) {
                *access_key = Arc::new(access_key.held_by(&member.joined));
            }
        }
        for digest in &member.bearer_tokens {
            self.bearer_tokens.insert(*digest, Arc::clone(&member.joined));
        }
    }

    /// Whoever `holder` names. A user whose description comes later has no policies until then.
    fn member(&mut self, holder: &Holder) -> &mut Member {
        let account = self.account(&holder.account);
        let root = Arc::clone(&account.root);
        account.members.entry(holder.user.clone()).or_insert_with(|| {
            let joined = holder.user.as_ref().map_or(root, |name| {
                Arc::new(Principal::user(holder.account.clone(), name).expect("a holder is named after a principal"))
            });
            Member { user: None, joined, access_keys: Vec::new(), bearer_tokens: Vec::new() }
        })
    }

    fn account(&mut self, id: &AccountId) -> &mut Account {
        self.accounts.entry(id.clone()).or_insert_with(|| {
            let root = Arc::new(Principal::root(id.clone()));
            Account { root, policies: OrdMap::new(), members: OrdMap::new() }
        })
    }
}

impl Holder {
    fn of(principal: &Principal) -> Self {
        let user = (!principal.is_root()).then(|| principal.display_name().into());
        Self { account: principal.account().clone(), user }
    }
}

impl Recorded for People {
    type Change = Change;
    type Changes = Vec<Change>;

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Account(id) => drop(self.account(id)),
            Change::Policy(account, policy) => {
                let home = self.account(account);
                home.policies.insert(policy.name().into(), Arc::clone(policy));
                let users: Vec<_> = home.members.keys().cloned().collect();
                for user in users {
                    self.join(&Holder { account: account.clone(), user });
                }
            }
            Change::User(user) => {
                let holder = Holder::of(&user.principal);
                self.member(&holder).user = Some(Arc::clone(user));
                self.join(&holder);
            }
            Change::AccessKey(access_key) => {
                let id: Arc<str> = access_key.id().into();
                if let Some(before) = self.access_keys.get(&id).map(|key| Holder::of(key.principal())) {
                    self.member(&before).access_keys.retain(|other| *other != id);
                }
                let member = self.member(&Holder::of(access_key.principal()));
                member.access_keys.push(Arc::clone(&id));
                let held = Arc::new(access_key.held_by(&member.joined));
                self.access_keys.insert(id, held);
            }
            Change::BearerToken(token) => {
                let digest = token.digest();
                if let Some(before) = self.bearer_tokens.get(&digest).map(|holder| Holder::of(holder)) {
                    self.member(&before).bearer_tokens.retain(|other| *other != digest);
                }
                let member = self.member(&Holder::of(token.principal()));
                member.bearer_tokens.push(digest);
                let joined = Arc::clone(&member.joined);
                self.bearer_tokens.insert(digest, joined);
            }
        }
    }

    fn record_id(change: &Change) -> Vec<u8> {
        match change {
            Change::Account(id) => format!("account/{id}"),
            Change::Policy(account, policy) => format!("policy/{account}/{}", policy.name()),
            Change::User(user) => format!("user/{}/{}", user.principal.account(), user.principal.display_name()),
            Change::AccessKey(access_key) => format!("access-key/{}", access_key.id()),
            Change::BearerToken(token) => return [b"bearer-token/".as_slice(), token.digest().as_bytes()].concat(),
        }
        .into_bytes()
    }

    fn scopes(&self, change: &Change) -> Vec<Scope> {
        vec![Scope::new(Self::record_id(change))]
    }
}

#[cfg(test)]
#[path = "people_tests.rs"]
mod tests;
