//! Reads TOML with errors that name the file, the line, the key, what was expected and what stood there.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::failure::Failure;

/// The text of one file, kept because every value is a span of it.
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) stem: String,
    folder: PathBuf,
    text: String,
}

impl File {
    pub(crate) fn open(path: &Path) -> Result<File, Failure> {
        let text = fs::read_to_string(path)
            .map_err(|error| Failure::io(format_args!("cannot read {}", path.display()), &error))?;
        Ok(File::new(path, text))
    }

    pub(crate) fn new(path: &Path, text: String) -> File {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        File { path: path.display().to_string(), stem, folder, text }
    }

    /// The folder that it stands in; empty where that is the working directory.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.clone()
    }

    pub(crate) fn parse(&self) -> Result<Spanned<DeTable<'_>>, Failure> {
        DeTable::parse(&self.text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            self.wrong(start, error.message().replace('\n', "; "))
        })
    }

    fn wrong(&self, offset: usize, message: impl std::fmt::Display) -> Failure {
        let line = 1 + self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
        Failure::Setup(format!("{}:{line}: {message}", self.path))
    }
}

/// One table of a file. Each accessor takes a key; [`Table::finish`] then refuses the keys that nobody asked for.
pub(crate) struct Table<'f> {
    file: &'f File,
    table: &'f DeTable<'f>,
    start: usize,
    asked: RefCell<Vec<&'static str>>,
}

impl<'f> Table<'f> {
    pub(crate) fn new(file: &'f File, table: &'f DeTable<'f>, start: usize) -> Table<'f> {
        Table { file, table, start, asked: RefCell::default() }
    }

    /// A failure that points at this table.
    pub(crate) fn wrong(&self, message: impl std::fmt::Display) -> Failure {
        self.file.wrong(self.start, message)
    }

    /// A failure that points at a key of this table.
    pub(crate) fn wrong_at(&self, key: &str, message: impl std::fmt::Display) -> Failure {
        let start = self.table.get(key).map_or(self.start, |value| value.span().start);
        self.file.wrong(start, message)
    }

    pub(crate) fn text(&self, key: &'static str) -> Result<Option<String>, Failure> {
        self.get(key, "a string", |value| value.as_str().map(str::to_owned))
    }

    pub(crate) fn required_text(&self, key: &'static str) -> Result<String, Failure> {
        self.text(key)?.ok_or_else(|| self.wrong(format_args!("`{key}` is missing; expected a string")))
    }

    pub(crate) fn whole(&self, key: &'static str) -> Result<Option<u64>, Failure> {
        self.get(key, "a whole number, 0 or more", whole)
    }

    pub(crate) fn texts(&self, key: &'static str) -> Result<Option<Vec<String>>, Failure> {
        self.get(key, "a list of strings", |value| {
            value.as_array()?.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect()
        })
    }

    pub(crate) fn wholes(&self, key: &'static str) -> Result<Option<Vec<u64>>, Failure> {
        self.get(key, "a list of whole numbers", |value| {
            value.as_array()?.iter().map(|item| whole(item.get_ref())).collect()
        })
    }

    /// A string or a number, as the word that a runner is given.
    pub(crate) fn word(&self, key: &'static str) -> Result<Option<String>, Failure> {
        self.get(key, "a string without spaces or a whole number", word)
    }

    /// Every key of the table `key` with its words, in the order of the file; a list is an axis.
    pub(crate) fn axes(&self, key: &'static str) -> Result<Vec<(String, Vec<String>)>, Failure> {
        let Some(table) = self.table(key)? else { return Ok(Vec::new()) };
        let mut axes = Vec::new();
        for (name, value) in table.table.iter() {
            let words = match value.get_ref().as_array() {
                Some(list) if !list.is_empty() => list.iter().map(|item| word(item.get_ref())).collect(),
                Some(_) => None,
                None => word(value.get_ref()).map(|word| vec![word]),
            };
            let expected = "expected a word without spaces, a whole number, or a list of them";
            let words =
                words.ok_or_else(|| self.file.wrong(value.span().start, format_args!("`{key}.{name}`: {expected}")))?;
            axes.push((value.span().start, name.get_ref().clone().into_owned(), words));
        }
        axes.sort();
        Ok(axes.into_iter().map(|(_, name, words)| (name, words)).collect())
    }

    pub(crate) fn table(&self, key: &'static str) -> Result<Option<Table<'f>>, Failure> {
        self.asked.borrow_mut().push(key);
        let Some(value) = self.table.get(key) else { return Ok(None) };
        let table = value.get_ref().as_table().ok_or_else(|| self.mismatch(key, "a table", value))?;
        Ok(Some(Table::new(self.file, table, value.span().start)))
    }

    /// The tables of `[[key]]`, none when it is not there.
    pub(crate) fn tables(&self, key: &'static str) -> Result<Vec<Table<'f>>, Failure> {
        self.asked.borrow_mut().push(key);
        let Some(value) = self.table.get(key) else { return Ok(Vec::new()) };
        let tables = value.get_ref().as_array().and_then(|list| {
            list.iter().map(|item| Some(Table::new(self.file, item.get_ref().as_table()?, item.span().start))).collect()
        });
        tables.ok_or_else(|| self.mismatch(key, "a list of tables", value))
    }

    /// Refuses a key that no accessor asked for: a typing error must not silently change what is measured.
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        let asked = self.asked.borrow();
        match self.table.keys().find(|key| !asked.contains(&key.get_ref().as_ref())) {
            None => Ok(()),
            Some(key) => Err(self.file.wrong(key.span().start, crate::names::unknown("key", key.get_ref(), &asked))),
        }
    }

    fn get<T>(
        &self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&'f DeValue<'f>) -> Option<T>,
    ) -> Result<Option<T>, Failure> {
        self.asked.borrow_mut().push(key);
        let Some(value) = self.table.get(key) else { return Ok(None) };
        read(value.get_ref()).map(Some).ok_or_else(|| self.mismatch(key, expected, value))
    }

    fn mismatch(&self, key: &str, expected: &str, value: &Spanned<DeValue<'_>>) -> Failure {
        let found = &self.file.text[value.span()];
        let found: String = found.lines().next().unwrap_or_default().chars().take(40).collect();
        self.file.wrong(value.span().start, format_args!("`{key}`: expected {expected}, found {found}"))
    }
}

fn whole(value: &DeValue<'_>) -> Option<u64> {
    let integer = value.as_integer()?;
    u64::from_str_radix(&integer.as_str().replace('_', ""), integer.radix()).ok()
}

fn word(value: &DeValue<'_>) -> Option<String> {
    match value.as_str() {
        Some(text) => Some(text.to_owned()).filter(|text| !text.is_empty() && !text.contains(char::is_whitespace)),
        None => whole(value).map(|number| number.to_string()),
    }
}
