//! `template`: an application's own words for its messages.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::answer::Answer;
use super::words::table;
use super::{Failure, Result};
use crate::domain::gsm;
use crate::domain::id::AppId;
use crate::domain::message::Channel;
use crate::domain::template::{Template, TemplateKey, TemplateKind};
use crate::service::Templates;
use crate::service::compose::Composed;
use crate::store::StoredTemplate;

#[derive(Subcommand)]
pub(super) enum TemplateCommand {
    /// List an application's templates
    List {
        /// The application's id
        #[arg(long)]
        app: AppId,
    },
    /// Show a template; where there is none, the built-in words with sample values
    Show(Which),
    /// Check a template and keep it; it takes effect within a second
    Set {
        #[command(flatten)]
        which: Which,
        /// TOML or JSON with subject, text and html; for sms, whatsapp and voice also the plain text
        #[arg(long)]
        file: PathBuf,
    },
    /// Remove a template; its messages have the built-in words again
    Remove(Which),
    /// Show what would be sent, with sample values
    Preview {
        #[command(flatten)]
        which: Which,
        /// What the sample code confirms
        #[arg(long, value_name = "TEXT")]
        action: Option<String>,
        /// A template to try and not keep
        #[arg(long)]
        file: Option<PathBuf>,
    },
}

/// Names a template.
#[derive(Args)]
pub(super) struct Which {
    /// The application's id
    #[arg(long)]
    app: AppId,
    /// email, sms, whatsapp or voice
    #[arg(long, value_parser = channel)]
    channel: Channel,
    /// The language, such as de or pt-BR
    #[arg(long, value_name = "TAG")]
    locale: String,
    /// code or backup
    #[arg(long, default_value = "code")]
    kind: TemplateKind,
}

impl Which {
    fn key(&self) -> Result<TemplateKey> {
        TemplateKey::new(self.channel, self.kind, &self.locale)
            .map_err(|error| Failure::Use(error.to_string()))
    }
}

pub(super) async fn run(templates: &Templates, command: TemplateCommand) -> Result<Answer> {
    match command {
        TemplateCommand::List { app } => {
            let all = templates.list(app).await?;
            let rows = all.iter().map(|stored| {
                let key = &stored.key;
                let (channel, kind) = (key.channel().to_string(), key.kind().to_string());
                [channel, kind, key.locale().to_owned(), stored.updated_at.to_string()]
            });
            let empty = "There is no template: every message is in the built-in words.";
            let text = table(["CHANNEL", "KIND", "LOCALE", "UPDATED"], rows, empty);
            Ok(Answer::new(text, json!({ "data": all.iter().map(stored_json).collect::<Vec<_>>() })))
        }
        TemplateCommand::Show(which) => {
            let key = which.key()?;
            if let Some(stored) = templates.own(which.app, &key).await? {
                return Ok(Answer::new(shown(&stored.template), stored_json(&stored)));
            }
            let note = "The application has no template for this. The built-in words, with sample values:";
            Ok(message(&key, note, &templates.built_in(which.app, &key).await?))
        }
        TemplateCommand::Set { which, file } => {
            let (key, template) = (which.key()?, read(&file, which.channel)?);
            let stored = templates.set(which.app, &key, template).await?;
            let text = format!("{} is kept. It takes effect within a second.", named(&key));
            Ok(Answer::new(text, stored_json(&stored)))
        }
        TemplateCommand::Remove(which) => {
            let key = which.key()?;
            templates.remove(which.app, &key).await?;
            let text = format!("{} is removed. Its messages have the built-in words again.", named(&key));
            Ok(Answer::new(text, json!({ "removed": true, "key": key_json(&key) })))
        }
        TemplateCommand::Preview { which, action, file } => {
            let key = which.key()?;
            let draft = file.map(|file| read(&file, which.channel)).transpose()?;
            let composed = templates.preview(which.app, &key, action.as_deref(), draft).await?;
            Ok(message(&key, "", &composed))
        }
    }
}

fn channel(text: &str) -> std::result::Result<Channel, String> {
    Channel::parse(text).ok_or_else(|| "expected one of: email, sms, whatsapp, voice".to_owned())
}

/// TOML and JSON are known by the file's name; a mail without one of these names is TOML.
fn read(file: &Path, channel: Channel) -> Result<Template> {
    let fail = |what: String| Failure::Use(format!("{}: {what}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| fail(error.to_string()))?;
    let is = |ending: &str| file.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending));
    let mut template = if is("json") {
        serde_json::from_str(&text).map_err(|error| fail(error.to_string()))?
    } else if is("toml") || channel == Channel::Email {
        toml::from_str(&text).map_err(|error| fail(error.to_string()))?
    } else {
        Template { subject: None, text, html: None }
    };
    // Lines end as they do on this system, and a file ends with one.
    let tidy = |text: &mut String| {
        let lines = text.replace("\r\n", "\n");
        lines.trim_end().clone_into(text);
    };
    tidy(&mut template.text);
    template.subject.iter_mut().chain(&mut template.html).for_each(tidy);
    Ok(template)
}

fn named(key: &TemplateKey) -> String {
    format!("The template for {} ({}, {})", key.channel(), key.kind(), key.locale())
}

fn key_json(key: &TemplateKey) -> Value {
    json!({ "channel": key.channel(), "kind": key.kind().as_str(), "locale": key.locale() })
}

fn stored_json(stored: &StoredTemplate) -> Value {
    let Template { subject, text, html } = &stored.template;
    json!({
        "key": key_json(&stored.key), "own": true, "subject": subject, "text": text, "html": html,
        "updated_at": stored.updated_at.to_string()
    })
}

fn shown(template: &Template) -> String {
    parts(template.subject.as_deref().unwrap_or_default(), &template.text, template.html.as_deref())
}

fn parts(subject: &str, text: &str, html: Option<&str>) -> String {
    let mut out = String::new();
    if !subject.is_empty() {
        let _ = write!(out, "Subject: {subject}\n\n");
    }
    out.push_str(text);
    if let Some(html) = html {
        let _ = write!(out, "\n\nHTML:\n{html}");
    }
    out
}

/// A finished message, and what an SMS takes.
fn message(key: &TemplateKey, note: &str, composed: &Composed) -> Answer {
    let envelope = &composed.envelope;
    let mut text = parts(&envelope.subject, &envelope.text, envelope.html.as_deref());
    let mut json = json!({
        "key": key_json(key), "locale": envelope.locale, "subject": envelope.subject,
        "text": envelope.text, "html": envelope.html
    });
    if let (false, Value::Object(fields)) = (note.is_empty(), &mut json) {
        text = format!("{note}\n\n{text}");
        fields.insert("own".into(), json!(false));
    }
    if let (Some(segments), Value::Object(fields)) = (composed.segments, &mut json) {
        let encoding = gsm::fit(&envelope.text).encoding.as_str();
        let _ = write!(text, "\n\n{encoding}, {segments} segment{}", if segments == 1 { "" } else { "s" });
        fields.insert("encoding".into(), json!(encoding));
        fields.insert("segments".into(), json!(segments));
    }
    Answer::new(text, json)
}
