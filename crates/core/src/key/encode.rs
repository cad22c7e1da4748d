//! The one way in which fields become bytes that a MAC covers.

use crate::model::{TextList, Timestamp};

/// Appends fields, each with its length, so that different fields never give the same bytes.
#[derive(Debug)]
pub struct Encoder<'a>(&'a mut Vec<u8>);

impl<'a> Encoder<'a> {
    /// Appends to `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self(out)
    }

    /// A text or bytes: length, then content.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(bytes);
    }

    /// A text.
    #[inline]
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// A number.
    #[inline]
    pub fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_be_bytes());
    }

    /// A time.
    #[inline]
    pub fn time(&mut self, time: Timestamp) {
        self.0.extend_from_slice(&time.millis().to_be_bytes());
    }

    /// Yes or no.
    #[inline]
    pub fn flag(&mut self, flag: bool) {
        self.0.push(u8::from(flag));
    }

    /// A text or nothing; nothing differs from an empty text.
    #[inline]
    pub fn maybe_text(&mut self, text: Option<&str>) {
        self.maybe_bytes(text.map(str::as_bytes));
    }

    /// Bytes or nothing.
    #[inline]
    pub fn maybe_bytes(&mut self, bytes: Option<&[u8]>) {
        self.flag(bytes.is_some());
        if let Some(bytes) = bytes {
            self.bytes(bytes);
        }
    }

    /// A number or nothing.
    #[inline]
    pub fn maybe_number(&mut self, number: Option<u64>) {
        self.flag(number.is_some());
        if let Some(number) = number {
            self.number(number);
        }
    }

    /// A time or nothing.
    #[inline]
    pub fn maybe_time(&mut self, time: Option<Timestamp>) {
        self.flag(time.is_some());
        if let Some(time) = time {
            self.time(time);
        }
    }

    /// A list of texts.
    pub(crate) fn texts(&mut self, texts: &[String]) {
        self.number(u64::try_from(texts.len()).unwrap_or(u64::MAX));
        texts.iter().for_each(|text| self.text(text));
    }

    /// A list of texts or nothing; nothing differs from an empty list.
    #[inline]
    pub fn maybe_list(&mut self, list: Option<&TextList>) {
        self.flag(list.is_some());
        if let Some(list) = list {
            self.0.extend_from_slice(list.encoded());
        }
    }
}
