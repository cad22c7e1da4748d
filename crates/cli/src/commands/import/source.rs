//! A file that is read from its beginning to its end: how far that has come, and that no row of it
//! is endless.

use std::fs::File;
use std::io::{BufRead, BufReader, Error, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::output::Failed;

/// A row with more bytes is none; a quote that is never closed would make one of the whole file.
const LONGEST_ROW: u64 = 1 << 20;

/// What Windows programs put before text in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file being read.
pub(super) struct Source {
    file: BufReader<File>,
    length: u64,
    progress: Progress,
    first: u8,
}

/// How far reading has come, and where the row under way began.
#[derive(Clone, Default)]
pub(super) struct Progress {
    read: Arc<AtomicU64>,
    row: Arc<AtomicU64>,
}

impl Progress {
    /// How many bytes were read.
    pub(super) fn bytes(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Says that a row has ended.
    pub(super) fn next_row(&self) {
        self.row.store(self.bytes(), Ordering::Relaxed);
    }
}

impl Source {
    /// Opens a file and looks at how it begins.
    pub(super) fn open(path: &Path) -> Result<Self, Failed> {
        let refused = |why: Error| Failed::new(format!("{}: {why}", path.display()));
        let file = File::open(path).map_err(refused)?;
        let length = file.metadata().map_err(refused)?.len();
        let mut file = BufReader::with_capacity(64 << 10, file);
        let begin = file.fill_buf().map_err(refused)?;
        let mark = usize::from(begin.starts_with(BYTE_ORDER_MARK)) * BYTE_ORDER_MARK.len();
        let text = begin.get(mark..).unwrap_or_default();
        let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
        let first = first.copied().unwrap_or(b' ');
        file.consume(mark);
        Ok(Self {
            file,
            length,
            progress: Progress::default(),
            first,
        })
    }

    /// How many bytes there are, as far as that is known.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Whether it begins like JSON.
    pub(super) fn is_json(&self) -> bool {
        matches!(self.first, b'[' | b'{')
    }

    /// How far reading has come, for whoever watches.
    pub(super) fn progress(&self) -> Progress {
        self.progress.clone()
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read(buffer)?;
        let more = u64::try_from(count).unwrap_or(0);
        let read = self.progress.read.fetch_add(more, Ordering::Relaxed) + more;
        if read - self.progress.row.load(Ordering::Relaxed) > LONGEST_ROW {
            return Err(Error::other(
                "a row has more than a MiB: is there a quote that is never closed?",
            ));
        }
        Ok(count)
    }
}
