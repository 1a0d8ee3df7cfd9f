//! What is expected of an output, and what a reader found in it.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value that was written into a trace, or that the library reads from one.
#[derive(Clone, Debug)]
pub enum Written {
    Bool(bool),
    Int(i128),
    F32(f32),
    F64(f64),
    /// Text, as it has to be read.
    Text(String),
    /// What has a form of its own: a GUID, a time, bytes in hexadecimal.
    Word(String),
    /// A number whose values have names, and its names.
    Named(i128, String),
    Array(Vec<Written>),
    Object(Vec<(String, Written)>),
}

/// JSON as it was read: keys in order, and all of them.
#[derive(Clone, Debug)]
pub enum Json {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Written {
    /// What the schema makes of it.
    pub fn json(&self) -> Json {
        match self {
            Self::Bool(value) => Json::Bool(*value),
            Self::Int(value) | Self::Named(value, _) => Json::int(*value),
            // The shortest digits that give the same 32 bits.
            Self::F32(value) if value.is_finite() => {
                Json::Float(value.to_string().parse().unwrap())
            }
            Self::F64(value) if value.is_finite() => Json::Float(*value),
            Self::F32(value) => not_finite((*value).into()),
            Self::F64(value) => not_finite(*value),
            Self::Text(text) | Self::Word(text) => Json::Text(text.clone()),
            Self::Array(elements) => Json::Array(elements.iter().map(Self::json).collect()),
            Self::Object(fields) => Json::object(fields),
        }
    }
}

impl Json {
    /// Beyond 2^53 integers are strings.
    pub fn int(value: i128) -> Self {
        let is_exact = value.unsigned_abs() <= 1 << 53;
        if is_exact { Self::Int(value) } else { Self::Text(value.to_string()) }
    }

    /// Second fields of a name get the next number that is free.
    pub fn object(fields: &[(String, Written)]) -> Self {
        let mut keys: Vec<(String, Self)> = Vec::new();
        for (name, value) in fields {
            let numbered = (2..).map(|number| format!("{name}#{number}"));
            let is_free = |key: &String| keys.iter().all(|(other, _)| other != key);
            let key = std::iter::once(name.clone()).chain(numbered).find(is_free).unwrap();
            keys.push((key, value.json()));
        }
        Self::Object(keys)
    }

    /// A form that readers in other languages write too: characters and the bits of numbers.
    pub fn canonical(&self, out: &mut String) {
        let text = |text: &str, out: &mut String| {
            out.push('s');
            text.chars().for_each(|char| *out += &format!(".{:x}", u32::from(char)));
        };
        match self {
            Self::Null => out.push('z'),
            Self::Bool(value) => out.push(if *value { 't' } else { 'f' }),
            Self::Int(value) => *out += &format!("n{value}"),
            Self::Float(value) => match integer(*value) {
                Some(value) => *out += &format!("n{value}"),
                None => *out += &format!("d{:016x}", value.to_bits()),
            },
            Self::Text(value) => text(value, out),
            Self::Array(elements) => {
                out.push('[');
                for element in elements {
                    element.canonical(out);
                    out.push(',');
                }
                out.push(']');
            }
            Self::Object(fields) => {
                out.push('{');
                for (name, value) in fields {
                    text(name, out);
                    out.push(':');
                    value.canonical(out);
                    out.push(',');
                }
                out.push('}');
            }
        }
    }

    /// Whether it is the same; floating-point numbers may differ in the last bit, since not every
    /// reader rounds them correctly.
    pub fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits().abs_diff(b.to_bits()) <= 1,
            // A reader that has but one kind of numbers.
            (Self::Float(a), Self::Int(b)) | (Self::Int(b), Self::Float(a)) => {
                integer(*a) == Some(*b) || (*a == 0.0 && *b == 0)
            }
            (Self::Array(a), Self::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is(b))
            }
            (Self::Object(a), Self::Object(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == b.0 && a.1.is(&b.1))
            }
            _ => false,
        }
    }
}

/// A floating-point number that others cannot tell from an integer.
#[allow(clippy::cast_possible_truncation, reason = "it is one")]
fn integer(value: f64) -> Option<i128> {
    let is_one = value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0;
    (is_one && !(value == 0.0 && value.is_sign_negative())).then_some(value as i128)
}

fn not_finite(value: f64) -> Json {
    let name = match value {
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ => "NaN",
    };
    Json::Text(name.to_owned())
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Json;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
                Ok(Json::Bool(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
                Ok(Json::Int(value.into()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
                Ok(Json::Int(value.into()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
                Ok(Json::Float(value))
            }
            fn visit_str<E>(self, value: &str) -> Result<Json, E> {
                Ok(Json::Text(value.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = list.next_element()? {
                    elements.push(element);
                }
                Ok(Json::Array(elements))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Json::Object(fields))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
