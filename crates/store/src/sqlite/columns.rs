//! Single columns, read one after the other and written the same way.

use keystile_core::model::{TextList, Timestamp};
use rusqlite::Row;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};

use super::known::KnownLists;

/// Why a row cannot be read as what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unreadable(pub(super) String);

/// Where the columns of a row stand.
pub(super) trait Cells {
    /// What a column holds; `None` when there is no such column.
    fn cell(&self, index: usize) -> Option<ValueRef<'_>>;

    /// What a column is called.
    fn name(&self, index: usize) -> Option<&str>;
}

impl Cells for Row<'_> {
    fn cell(&self, index: usize) -> Option<ValueRef<'_>> {
        self.get_ref(index).ok()
    }

    fn name(&self, index: usize) -> Option<&str> {
        self.as_ref().column_name(index).ok()
    }
}

/// The columns of a row, from the first to the last.
pub(super) struct Columns<'a> {
    cells: &'a dyn Cells,
    next: usize,
}

impl<'a> Columns<'a> {
    pub(super) fn of(cells: &'a dyn Cells) -> Self {
        Self { cells, next: 0 }
    }

    /// What is wrong with the column that was read last.
    #[cold]
    fn wrong(&self, expected: &str) -> Unreadable {
        let index = self.next.saturating_sub(1);
        let name = self.cells.name(index).unwrap_or("a column");
        Unreadable(format!("{name} is not {expected}"))
    }

    /// The column as `of` understands it, or nothing where it is NULL.
    #[inline]
    fn maybe<T>(
        &mut self,
        expected: &str,
        of: impl FnOnce(ValueRef<'a>) -> Option<T>,
    ) -> Result<Option<T>, Unreadable> {
        self.must(expected, |value| match value {
            ValueRef::Null => Some(None),
            value => of(value).map(Some),
        })
    }

    /// The column as `of` understands it. A start reads tens of millions of columns: this is kept
    /// so that the value is never copied on its way.
    #[inline]
    fn must<T>(
        &mut self,
        expected: &str,
        of: impl FnOnce(ValueRef<'a>) -> Option<T>,
    ) -> Result<T, Unreadable> {
        let index = self.next;
        self.next += 1;
        match self.cells.cell(index).and_then(of) {
            Some(read) => Ok(read),
            None => Err(self.wrong(expected)),
        }
    }

    pub(super) fn text(&mut self) -> Result<String, Unreadable> {
        self.must("text", |value| text_of(value).map(str::to_owned))
    }

    pub(super) fn maybe_text(&mut self) -> Result<Option<String>, Unreadable> {
        self.maybe("text", |value| text_of(value).map(str::to_owned))
    }

    /// A text that means something, such as a slug or a kind.
    pub(super) fn word<T>(
        &mut self,
        expected: &str,
        of: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, Unreadable> {
        self.must(expected, |value| text_of(value).and_then(of))
    }

    /// One of a few words.
    pub(super) fn one_of<T: Copy, const N: usize>(
        &mut self,
        expected: &str,
        all: [T; N],
        word: fn(T) -> &'static str,
    ) -> Result<T, Unreadable> {
        self.must(expected, |value| match value {
            ValueRef::Text(text) => all.into_iter().find(|one| word(*one).as_bytes() == text),
            _ => None,
        })
    }

    /// One of a few words, or nothing.
    pub(super) fn maybe_one_of<T: Copy, const N: usize>(
        &mut self,
        expected: &str,
        all: [T; N],
        word: fn(T) -> &'static str,
    ) -> Result<Option<T>, Unreadable> {
        self.maybe(expected, |value| match value {
            ValueRef::Text(text) => all.into_iter().find(|one| word(*one).as_bytes() == text),
            _ => None,
        })
    }

    pub(super) fn maybe_word<T>(
        &mut self,
        expected: &str,
        of: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Unreadable> {
        self.maybe(expected, |value| text_of(value).and_then(of))
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Unreadable> {
        self.must("bytes of its length", array_of)
    }

    pub(super) fn maybe_array<const N: usize>(&mut self) -> Result<Option<[u8; N]>, Unreadable> {
        self.maybe("bytes of its length", array_of)
    }

    pub(super) fn bytes(&mut self) -> Result<Vec<u8>, Unreadable> {
        self.must("bytes", |value| blob_of(value).map(<[u8]>::to_vec))
    }

    pub(super) fn maybe_bytes(&mut self) -> Result<Option<Vec<u8>>, Unreadable> {
        self.maybe("bytes", |value| blob_of(value).map(<[u8]>::to_vec))
    }

    pub(super) fn number<T: TryFrom<i64>>(&mut self) -> Result<T, Unreadable> {
        self.must("a number in its range", number_of)
    }

    pub(super) fn maybe_number<T: TryFrom<i64>>(&mut self) -> Result<Option<T>, Unreadable> {
        self.maybe("a number in its range", number_of)
    }

    pub(super) fn flag(&mut self) -> Result<bool, Unreadable> {
        self.must("0 or 1", |value| match value {
            ValueRef::Integer(0) => Some(false),
            ValueRef::Integer(1) => Some(true),
            _ => None,
        })
    }

    pub(super) fn time(&mut self) -> Result<Timestamp, Unreadable> {
        self.number().map(Timestamp::from_millis)
    }

    pub(super) fn maybe_time(&mut self) -> Result<Option<Timestamp>, Unreadable> {
        Ok(self.maybe_number()?.map(Timestamp::from_millis))
    }

    pub(super) fn maybe_list(
        &mut self,
        known: &mut KnownLists,
    ) -> Result<Option<TextList>, Unreadable> {
        self.maybe("a JSON list of texts", |value| match value {
            ValueRef::Text(text) => known.read(text),
            _ => None,
        })
    }
}

fn text_of(value: ValueRef<'_>) -> Option<&str> {
    value.as_str().ok()
}

fn blob_of(value: ValueRef<'_>) -> Option<&[u8]> {
    value.as_blob().ok()
}

fn array_of<const N: usize>(value: ValueRef<'_>) -> Option<[u8; N]> {
    blob_of(value)?.try_into().ok()
}

fn number_of<T: TryFrom<i64>>(value: ValueRef<'_>) -> Option<T> {
    value
        .as_i64()
        .ok()
        .and_then(|number| T::try_from(number).ok())
}

/// The values of a row to write, in the order of its columns.
#[derive(Default)]
pub(super) struct Values<'a>(pub(super) Vec<ToSqlOutput<'a>>);

impl<'a> Values<'a> {
    fn put(&mut self, value: Option<ToSqlOutput<'a>>) {
        self.0
            .push(value.unwrap_or(ToSqlOutput::Owned(Value::Null)));
    }

    pub(super) fn text(&mut self, text: &'a str) {
        self.maybe_text(Some(text));
    }

    pub(super) fn maybe_text(&mut self, text: Option<&'a str>) {
        let value = text.map(|text| ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())));
        self.put(value);
    }

    /// A text that was put together.
    pub(super) fn maybe_word(&mut self, text: Option<String>) {
        self.put(text.map(|text| ToSqlOutput::Owned(Value::Text(text))));
    }

    pub(super) fn bytes(&mut self, bytes: &'a [u8]) {
        self.maybe_bytes(Some(bytes));
    }

    pub(super) fn maybe_bytes(&mut self, bytes: Option<&'a [u8]>) {
        self.put(bytes.map(|bytes| ToSqlOutput::Borrowed(ValueRef::Blob(bytes))));
    }

    pub(super) fn id(&mut self, id: [u8; 16]) {
        self.maybe_id(Some(id));
    }

    pub(super) fn maybe_id(&mut self, id: Option<[u8; 16]>) {
        self.put(id.map(|id| ToSqlOutput::Owned(Value::Blob(id.to_vec()))));
    }

    pub(super) fn number(&mut self, number: u64) {
        self.maybe_number(Some(number));
    }

    pub(super) fn maybe_number(&mut self, number: Option<u64>) {
        self.put(number.map(|number| ToSqlOutput::Owned(Value::Integer(integer(number)))));
    }

    pub(super) fn flag(&mut self, flag: bool) {
        self.number(u64::from(flag));
    }

    pub(super) fn time(&mut self, time: Timestamp) {
        self.maybe_time(Some(time));
    }

    pub(super) fn maybe_time(&mut self, time: Option<Timestamp>) {
        self.put(time.map(|time| ToSqlOutput::Owned(Value::Integer(time.millis()))));
    }

    pub(super) fn maybe_list(&mut self, list: Option<&[String]>) {
        let json = list.map(|list| serde_json::Value::from(list).to_string());
        self.put(json.map(|json| ToSqlOutput::Owned(Value::Text(json))));
    }
}

/// Numbers of journal rows and counts as SQLite keeps them; none ever comes near the limit.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
