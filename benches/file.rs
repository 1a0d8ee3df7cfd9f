//! An input as a file, for processes to read.
#![allow(dead_code, reason = "each runner uses some of it")]

use std::path::{Path, PathBuf};

use crate::work::Input;

/// The file, removed in the end unless it was one.
pub struct File {
    pub path: PathBuf,
    is_made: bool,
}

impl File {
    /// The file that the input was read from, else a temporary one.
    pub fn of(input: &Input) -> Self {
        if Path::new(&input.name).exists() {
            return Self { path: PathBuf::from(&input.name), is_made: false };
        }
        let name = format!("tracemill-bench-{}-{}.nettrace", input.name, std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, &input.bytes).expect("room for a temporary file");
        Self { path, is_made: true }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if self.is_made {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
