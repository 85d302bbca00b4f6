//! The settings.
mod form;
mod words;
