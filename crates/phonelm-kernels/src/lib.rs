//! Pure compute: block formats, the packed weight layout, one kernel set per instruction set, and the
//! CPU executor, which runs a model's forward pass with them.
//!
//! Left out on purpose: files and text.
