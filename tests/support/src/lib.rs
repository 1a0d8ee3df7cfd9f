//! What tests, benches and fuzz targets share: corpora, digests and the three laws.

pub mod corpus;
pub mod digest;
pub mod forms;
pub mod fuzz;
pub mod laws;
pub mod ordering;
pub mod row;
pub mod seeds;
pub mod titles;
