//! DryRun: the whole way is walked, the work included; nothing is changed or revealed.
//!
//! The answer is always an error. Codes and sentences: Decrypt page, 2025-07-29. Statuses: a choice.

use crate::dialect::Answer;
use crate::dialect::alibaba::fault::{self, Fault};
use crate::dialect::alibaba::parse::boolean;

/// The name of the parameter.
pub const NAME: &str = "DryRun";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DryRun {
    Off,
    On,
    /// Asked for, on an action that has none.
    Ignored,
}

impl DryRun {
    /// What the parameter asks, if it is `given`. Errors: `ValidationError` for what is neither true nor false.
    pub fn asked(given: Option<&str>, is_documented: bool) -> Result<Self, Fault> {
        match (given, is_documented) {
            (None, _) => Ok(Self::Off),
            (Some(_), false) => Ok(Self::Ignored),
            (Some(text), true) => match boolean(text) {
                Some(true) => Ok(Self::On),
                Some(false) => Ok(Self::Off),
                None => Err(invalid(&Fault::about(&fault::INVALID_PARAMETER, NAME))),
            },
        }
    }

    /// Whether what the call does is to last.
    pub fn is_off(self) -> bool {
        self != Self::On
    }

    /// Say what a dry run came to.
    pub fn conclude(self, outcome: Result<Answer, Fault>) -> Result<Answer, Fault> {
        match outcome {
            Ok(_) if !self.is_off() => Err((&fault::DRY_RUN_OPERATION).into()),
            Ok(answer) => Ok(answer),
            Err(fault) => Err(self.refusal(fault)),
        }
    }

    /// Say why a dry run was refused: wrong parameters and a lack of permission have codes of their own, every other
    /// refusal stays as it is.
    pub fn refusal(self, fault: Fault) -> Fault {
        if self.is_off() {
            fault
        } else if *fault.code == fault::NO_PERMISSION {
            Fault {
                cause: fault.cause,
                access_denied_detail: fault.access_denied_detail,
                ..Fault::from(&fault::DRY_RUN_ACCESS_DENIED)
            }
        } else if is_about_parameters(&fault) {
            Fault { cause: fault.cause.clone(), ..invalid(&fault) }
        } else {
            fault
        }
    }
}

fn is_about_parameters(fault: &Fault) -> bool {
    [&fault::MISSING_PARAMETER, &fault::INVALID_PARAMETER, &fault::PARSE_REQUEST_PARAMETER].contains(&fault.code)
}

fn invalid(fault: &Fault) -> Fault {
    Fault::about(&fault::DRY_RUN_VALIDATION, &fault.message)
}
