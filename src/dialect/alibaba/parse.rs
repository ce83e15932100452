//! Parameters into typed requests: a serde deserializer over named texts.
//!
//! What is wrong with a parameter comes out in the service's words, naming it: `MissingParameter`, `InvalidParameter`.
//! A parameter that is sent empty counts as absent. Parameters that no field asks for are not looked at.

use std::fmt::{self, Display};
use std::slice;

use serde::de::value::{BorrowedStrDeserializer, MapDeserializer};
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor};
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
    name: Option<&'static str>,
    /// Absent rather than wrong.
    missing: bool,
    cause: String,
}

impl ParameterError {
    fn naming(self, name: &'static str) -> Self {
        Self { name: self.name.or(Some(name)), ..self }
    }
}

impl de::Error for ParameterError {
    fn custom<T: Display>(cause: T) -> Self {
        Self { name: None, missing: false, cause: cause.to_string() }
    }

    fn missing_field(name: &'static str) -> Self {
        Self { name: Some(name), missing: true, cause: "absent".to_owned() }
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
        Self::about(code, error.name.unwrap_or_default()).because(error.cause)
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
        visitor.visit_map(Fields { parameters: self.0, names: fields.iter(), current: None })
    }

    forward_to_deserialize_any! { <V: Visitor<'p>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// The fields of the request that are given.
struct Fields<'p> {
    parameters: &'p Parameters,
    names: slice::Iter<'static, &'static str>,
    current: Option<&'static str>,
}

impl<'p> MapAccess<'p> for Fields<'p> {
    type Error = ParameterError;

    fn next_key_seed<K: DeserializeSeed<'p>>(&mut self, seed: K) -> Result<Option<K::Value>, ParameterError> {
        let given =
            |name: &&&str| self.parameters.given(name).is_some() || self.parameters.below(name).next().is_some();
        self.current = self.names.find(given).copied();
        self.current.map(|name| seed.deserialize(name.into_deserializer())).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'p>>(&mut self, seed: V) -> Result<V::Value, ParameterError> {
        let name = self.current.take().ok_or_else(|| de::Error::custom("a value without a name"))?;
        seed.deserialize(Value { parameters: self.parameters, name }).map_err(|error| error.naming(name))
    }
}

/// One parameter: a text, or a map whose entries stand in parameters of their own (`Name.key=value`).
struct Value<'p> {
    parameters: &'p Parameters,
    name: &'static str,
}

impl<'p> Value<'p> {
    fn text(&self) -> Result<&'p str, ParameterError> {
        self.parameters.given(self.name).ok_or_else(|| de::Error::missing_field(self.name))
    }
}

impl<'p> Deserializer<'p> for Value<'p> {
    type Error = ParameterError;

    fn deserialize_any<V: Visitor<'p>>(self, visitor: V) -> Result<V::Value, ParameterError> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_option<V: Visitor<'p>>(self, visitor: V) -> Result<V::Value, ParameterError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'p>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ParameterError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_map<V: Visitor<'p>>(self, visitor: V) -> Result<V::Value, ParameterError> {
        match self.parameters.given(self.name) {
            Some(text) => visitor.visit_borrowed_str(text),
            None => visitor.visit_map(MapDeserializer::new(self.parameters.below(self.name))),
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
        seq tuple tuple_struct struct identifier ignored_any
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
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "PascalCase")]
    struct Request {
        key_id: String,
        count: Option<u32>,
        flag: Option<bool>,
    }

    fn parsed(query: &str) -> Result<Request, String> {
        parse(&Parameters::read(query, b"").unwrap()).map_err(|fault: Fault| fault.message.into_owned())
    }

    #[test]
    fn fields_come_from_parameters_of_their_name() {
        for (query, expected) in [
            ("KeyId=k&Count=7&Flag=True&Other=x", Ok(Request { key_id: "k".into(), count: Some(7), flag: Some(true) })),
            ("KeyId=k&Count=&Flag=fALSE", Ok(Request { key_id: "k".into(), count: None, flag: Some(false) })),
            ("", Err("The parameter  KeyId  needed but no provided.")),
            ("KeyId=", Err("The parameter  KeyId  needed but no provided.")),
            ("keyid=k", Err("The parameter  KeyId  needed but no provided.")),
            ("KeyId=k&Count=-1", Err("The specified parameter  Count  is not valid.")),
            ("KeyId=k&Count=x", Err("The specified parameter  Count  is not valid.")),
            ("KeyId=k&Count=99999999999999999999", Err("The specified parameter  Count  is not valid.")),
            ("KeyId=k&Flag=1", Err("The specified parameter  Flag  is not valid.")),
        ] {
            assert_eq!(parsed(query), expected.map_err(str::to_owned), "{query}");
        }
    }
}
