//! Models, sessions and generations for apps: the one crate that crosses the language border.
