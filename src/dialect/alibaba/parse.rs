//! Parameters into typed requests: a serde deserializer over named texts.
//!
//! What is wrong with a parameter comes out in the service's words, naming it: `MissingParameter`, `InvalidParameter`.
//! A parameter that is sent empty counts as absent. Parameters that no field asks for are not looked at.
//!
//! A list stands in parameters of its own, numbered from 1: `Name.1=value`, or `Name.1.Field=value` where its elements
//! are structs. Numbers may be missing; elements come in the order of their numbers.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::collections::btree_set;
use std::fmt::{self, Display};
use std::slice;

use serde::de::value::{BorrowedStrDeserializer, MapDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::fault::{self, Fault};
use super::parameters::Parameters;

/// The request `T` that `parameters` state.
///
/// Errors: `MissingParameter` and `InvalidParameter`, each naming the parameter.
pub fn parse<T: DeserializeOwned>(parameters: &Parameters) -> Result<T, Fault> {
    T::deserialize(Whole(parameters)).map_err(Fault::from)
}

/// Why a request cannot be parsed.
#[derive(Debug)]
struct ParameterError {
    /// The parameter's name, as far as it is known: inner parts first, what stands before them is added on the way out.
    name: Option<Name>,
    /// Absent rather than wrong.
    missing: bool,
    cause: String,
}

/// Of a field it is known when the program is built; of an element it is put together.
type Name = Cow<'static, str>;

impl ParameterError {
    fn absent() -> Self {
        Self { name: None, missing: true, cause: "absent".to_owned() }
    }

    /// Say that it is about the parameter `name`, or what stands below it.
    fn within(self, name: impl Into<Name>) -> Self {
        let name = match self.name {
            None => name.into(),
            Some(inner) => format!("{}.{inner}", name.into()).into(),
        };
        Self { name: Some(name), ..self }
    }
}

impl de::Error for ParameterError {
    fn custom<T: Display>(cause: T) -> Self {
        Self { name: None, missing: false, cause: cause.to_string() }
    }

    fn missing_field(name: &'static str) -> Self {
        Self::absent().within(name)
    }
}

impl Display for ParameterError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.cause)
    }
}

impl std::error::Error for ParameterError {}

impl From<ParameterError> for Fault {
    fn from(error: ParameterError) -> Self {
        let code = if error.missing { &fault::MISSING_PARAMETER } else { &fault::INVALID_PARAMETER };
        Self::about(code, &error.name.unwrap_or_default()).because(error.cause)
    }
}

/// All parameters, as the fields of one struct.
struct Whole<'p>(&'p Parameters);

impl<'p> Deserializer<'p> for Whole<'p> {
    type Error = ParameterError;

    fn deserialize_any<V: Visitor<'p>>(self, _visitor: V) -> Result<V::Value, ParameterError> {
        Err(de::Error::custom("a request is a struct"))
    }

    fn deserialize_struct<V: Visitor<'p>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ParameterError> {
        visitor.visit_map(Fields { parameters: self.0, above: None, names: fields.iter(), current: None })
    }

    forward_to_deserialize_any! { <V: Visitor<'p>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The fields of a struct that are given.
struct Fields<'p> {
    parameters: &'p Parameters,
    /// The element of a list that has these fields; `None` for the request itself.
    above: Option<String>,
    names: slice::Iter<'static, &'static str>,
    current: Option<&'static str>,
}

impl<'p> Fields<'p> {
    fn value(&self, name: &'static str) -> Value<'p> {
        let name = match &self.above {
            None => name.into(),
            Some(above) => format!("{above}.{name}").into(),
        };
        Value { parameters: self.parameters, name }
    }
}

impl<'p> MapAccess<'p> for Fields<'p> {
    type Error = ParameterError;

    fn next_key_seed<K: DeserializeSeed<'p>>(&mut self, seed: K) -> Result<Option<K::Value>, ParameterError> {
        self.current = loop {
            match self.names.next() {
                Some(name) if !self.value(name).is_given() => {}
                found => break found.copied(),
            }
        };
        self.current.map(|name| seed.deserialize(name.into_deserializer())).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'p>>(&mut self, seed: V) -> Result<V::Value, ParameterError> {
        let name = self.current.take().ok_or_else(ParameterError::absent)?;
        seed.deserialize(self.value(name)).map_err(|error: ParameterError| error.within(name))
    }
}

/// The elements of a list that are given.
struct Elements<'p> {
    parameters: &'p Parameters,
    list: Name,
    numbers: btree_set::IntoIter<usize>,
}

impl<'p> Elements<'p> {
    /// Errors: what follows the list's name is no number from 1 to the most parameters that a call has.
    fn of(list: Value<'p>) -> Result<Self, ParameterError> {
        let mut numbers = BTreeSet::new();
        for (rest, value) in list.parameters.below(&list.name) {
            let digits = rest.split_once('.').map_or(rest, |(digits, _)| digits);
            let number = digits.parse().ok().filter(|number: &usize| number.to_string() == digits);
            let number = number.filter(|number| (1..=Parameters::MAX).contains(number)).ok_or_else(|| {
                <ParameterError as de::Error>::custom(format!("{rest:?} is no place in a list, which begins with 1"))
            })?;
            if !value.is_empty() {
                numbers.insert(number);
            }
        }
        Ok(Self { parameters: list.parameters, list: list.name, numbers: numbers.into_iter() })
    }
}

impl<'p> SeqAccess<'p> for Elements<'p> {
    type Error = ParameterError;

    fn next_element_seed<T: DeserializeSeed<'p>>(&mut self, seed: T) -> Result<Option<T::Value>, ParameterError> {
        let Some(number) = self.numbers.next() else { return Ok(None) };
        let element = Value { parameters: self.parameters, name: format!("{}.{number}", self.list).into() };
        seed.deserialize(element).map(Some).map_err(|error: ParameterError| error.within(number.to_string()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.numbers.len())
    }
}

/// One parameter: a text; or a map, a list or an element of one, which stand in parameters of their own
/// (`Name.key=value`).
struct Value<'p> {
    parameters: &'p Parameters,
    name: Name,
}

impl<'p> Value<'p> {
    fn text(&self) -> Result<&'p str, ParameterError> {
        self.parameters.given(&self.name).ok_or_else(ParameterError::absent)
    }

    fn is_given(&self) -> bool {
        self.parameters.given(&self.name).is_some() || self.parameters.below(&self.name).next().is_some()
    }
}

impl<'p> Deserializer<'p> for Value<'p> {
    type Error = ParameterError;

    fn deserialize_any<V: Visitor<'p>>(self, visitor: V) -> Result<V::Value, ParameterError> {
        visitor.visit_borrowed_str(self.text()?)
    }

    /// What stands in parameters of its own, all of them empty, is absent too.
    fn deserialize_option<V: Visitor<'p>>(self, visitor: V) -> Result<V::Value, ParameterError> {
        let is_empty = |(_, value): (&str, &str)| value.is_empty();
        if self.parameters.given(&self.name).is_none() && self.parameters.below(&self.name).all(is_empty) {
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_seq<V: Visitor<'p>>(self, visitor: V) -> Result<V::Value, ParameterError> {
        if let Some(text) = self.parameters.given(&self.name) {
            return Err(de::Error::invalid_type(de::Unexpected::Str(text), &"a list in parameters of its own"));
        }
        let elements = Elements::of(self)?;
        if elements.numbers.len() == 0 { Err(ParameterError::absent()) } else { visitor.visit_seq(elements) }
    }

    fn deserialize_struct<V: Visitor<'p>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ParameterError> {
        let above = Some(self.name.into_owned());
        visitor.visit_map(Fields { parameters: self.parameters, above, names: fields.iter(), current: None })
    }

    fn deserialize_newtype_struct<V: Visitor<'p>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ParameterError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_map<V: Visitor<'p>>(self, visitor: V) -> Result<V::Value, ParameterError> {
        match self.parameters.given(&self.name) {
            Some(text) => visitor.visit_borrowed_str(text),
            None => visitor.visit_map(MapDeserializer::new(self.parameters.below(&self.name))),
        }
    }

    fn deserialize_enum<V: Visitor<'p>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ParameterError> {
        BorrowedStrDeserializer::new(self.text()?).deserialize_enum(name, variants, visitor)
    }

    /// True and false in any case: Python writes `True`, others `true`.
    fn deserialize_bool<V: Visitor<'p>>(self, visitor: V) -> Result<V::Value, ParameterError> {
        let text = self.text()?;
        match boolean(text) {
            Some(value) => visitor.visit_bool(value),
            None => Err(de::Error::invalid_value(de::Unexpected::Str(text), &"true or false")),
        }
    }

    /// Every whole number is read as the widest one; the field's own type bounds it.
    fn deserialize_u32<V: Visitor<'p>>(self, visitor: V) -> Result<V::Value, ParameterError> {
        let text = self.text()?;
        match text.parse() {
            Ok(value) => visitor.visit_i64(value),
            Err(_) => Err(de::Error::invalid_value(de::Unexpected::Str(text), &"a whole number")),
        }
    }

    forward_to_deserialize_any! { <V: Visitor<'p>>
        i8 i16 i32 i64 i128 u8 u16 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        tuple tuple_struct identifier ignored_any
    }
}

pub(super) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
