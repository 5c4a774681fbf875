//! Metadata values: GGUF's thirteen types and arrays of them.
//!
//! The trap: an array may hold arrays, each with an element type of its own, to [`MAX_DEPTH`] levels.

/// Deepest nesting of arrays, counting the outermost; deeper ones are refused.
pub const MAX_DEPTH: usize = 4;

/// Declares the enums over the value types, so that numbers, names and conversions stand in one table.
macro_rules! values {
    ($($variant:ident($rust:ty) = $id:literal $name:literal: $doc:literal;)*) => {
        /// The type of a metadata value.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ValueType { $(#[doc = $doc] $variant,)* #[doc = "A sequence of values of one type."] Array }

        /// A metadata value.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Value { $(#[doc = $doc] $variant($rust),)* #[doc = "A sequence of values of one type."] Array(Array) }

        /// A sequence of values of one type.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Array { $(#[doc = $doc] $variant(Vec<$rust>),)* #[doc = "Arrays, whose element types may differ."] Array(Vec<Array>) }

        impl ValueType {
            /// Every value type.
            pub const ALL: [ValueType; 13] = [$(Self::$variant,)* Self::Array];

            /// The type's number in the file (`gguf_metadata_value_type` of the GGUF specification).
            pub const fn id(self) -> u32 {
                match self { $(Self::$variant => $id,)* Self::Array => 9 }
            }

            /// The name people use.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* Self::Array => "array" }
            }
        }

        impl Value {
            /// The value's type.
            pub const fn value_type(&self) -> ValueType {
                match self { $(Self::$variant(_) => ValueType::$variant,)* Self::Array(_) => ValueType::Array }
            }
        }

        impl Array {
            /// The type of the elements.
            pub const fn element_type(&self) -> ValueType {
                match self { $(Self::$variant(_) => ValueType::$variant,)* Self::Array(_) => ValueType::Array }
            }

            /// Number of elements.
            pub fn len(&self) -> usize {
                match self { $(Self::$variant(v) => v.len(),)* Self::Array(v) => v.len() }
            }
        }

        $(
            impl From<$rust> for Value {
                fn from(value: $rust) -> Self { Self::$variant(value) }
            }
            impl From<Vec<$rust>> for Value {
                fn from(values: Vec<$rust>) -> Self { Self::Array(Array::$variant(values)) }
            }
        )*
    };
}

values! {
    U8(u8) = 0 "u8": "Unsigned, 8 bits.";
    I8(i8) = 1 "i8": "Signed, 8 bits.";
    U16(u16) = 2 "u16": "Unsigned, 16 bits.";
    I16(i16) = 3 "i16": "Signed, 16 bits.";
    U32(u32) = 4 "u32": "Unsigned, 32 bits.";
    I32(i32) = 5 "i32": "Signed, 32 bits.";
    F32(f32) = 6 "f32": "IEEE 754 single precision.";
    Bool(bool) = 7 "bool": "True or false, one byte in the file.";
    String(String) = 8 "string": "UTF-8 text.";
    U64(u64) = 10 "u64": "Unsigned, 64 bits.";
    I64(i64) = 11 "i64": "Signed, 64 bits.";
    F64(f64) = 12 "f64": "IEEE 754 double precision.";
}

impl ValueType {
    /// The type with this number in a file.
    pub fn from_id(id: u32) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.id() == id)
    }

    /// Fewest bytes that one value of the type takes in a file.
    pub(crate) const fn min_bytes(self) -> u64 {
        match self {
            Self::U8 | Self::I8 | Self::Bool => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 | Self::String => 8,
            Self::Array => 12,
        }
    }
}

impl std::fmt::Display for ValueType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Value {
    /// The type in words, with the element type of an array: `u32`, `array of string`.
    pub fn type_name(&self) -> String {
        match self {
            Self::Array(array) => format!("array of {}", array.element_type()),
            other => other.value_type().to_string(),
        }
    }
}

impl Array {
    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Levels of arrays, 1 for an array of plain values.
    pub(crate) fn depth(&self) -> usize {
        match self {
            Self::Array(inner) => 1 + inner.iter().map(Self::depth).max().unwrap_or(0),
            _ => 1,
        }
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<Array> for Value {
    fn from(value: Array) -> Self {
        Self::Array(value)
    }
}
