//! One template: the editor, the message as it would be sent, and the built-in words beside it.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::example::{about, example};
use super::{Words, kind_name, words};
use crate::dashboard::frame::{
    Act, Given, Here, PageError, Shell, Trouble, Visit, page, page_with, sandboxed_html, see_other,
};
use crate::dashboard::setup::methods::channel_name;
use crate::dashboard::setup::place;
use crate::dashboard::setup::words::when;
use crate::domain::access::Permission;
use crate::domain::gsm;
use crate::domain::message::Channel;
use crate::domain::template::{TemplateKey, TemplateKind};
use crate::domain::tenant::Application;
use crate::http::needs::{AppsRead, AppsWrite, Needs};
use crate::service::ServiceError;
use crate::service::manage::TemplateFields;
use crate::service::manage::answers::TemplatePreview;

/// The application, and the template's channel, kind and language.
type Ids = Path<(String, String, String, String)>;

#[derive(Template)]
#[template(path = "dashboard/setup/template.html")]
struct Edit {
    shell: Shell,
    list: String,
    action: String,
    channel: &'static str,
    channel_key: &'static str,
    kind: &'static str,
    kind_key: &'static str,
    locale: String,
    language: String,
    others: Vec<Words>,
    is_mail: bool,
    updated: Option<String>,
    fields: Fields,
    variables: Vec<(&'static str, &'static str)>,
    example: crate::domain::template::Template,
    preview: Preview,
    built_in: Preview,
    trouble: Option<Trouble>,
    may_change: bool,
}

#[derive(Template)]
#[template(path = "dashboard/setup/template_preview.html")]
struct Part {
    preview: Preview,
}

/// What is in the editor.
#[derive(Default)]
struct Fields {
    subject: String,
    text: String,
    html: String,
    action: String,
}

impl Fields {
    /// As typed, with the line breaks that a template has.
    fn typed(form: &Given) -> Self {
        let plain = |name: &str| form.raw(name).replace("\r\n", "\n");
        Self {
            subject: plain("subject"),
            text: plain("text"),
            html: plain("html"),
            action: form.text("action").chars().filter(|letter| !letter.is_control()).take(140).collect(),
        }
    }

    /// For the service. What is left empty is not there; without a text it is no draft.
    fn draft(&self, channel: Channel) -> TemplateFields {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.trim().is_empty());
        let text = given(&self.text);
        let of_mail = |part: &str| given(part).filter(|_| text.is_some() && channel == Channel::Email);
        TemplateFields {
            subject: of_mail(&self.subject),
            html: of_mail(&self.html),
            action: given(&self.action),
            text,
        }
    }
}

/// A message with sample values, or why there is none.
#[derive(Default)]
struct Preview {
    subject: Option<String>,
    text: String,
    count: Option<String>,
    wrong: Option<String>,
}

impl Preview {
    fn of(made: &TemplatePreview) -> Self {
        let count = made.segments.map(|segments| {
            let fitted = gsm::fit(&made.text);
            let parts = if segments == 1 { "1 part".to_owned() } else { format!("{segments} parts") };
            format!("{parts} · {} · {} characters", fitted.encoding.as_str(), made.text.chars().count())
        });
        Self { subject: made.subject.clone(), text: made.text.clone(), count, wrong: None }
    }

    fn wrong(trouble: &Trouble) -> Self {
        Self { wrong: Some(trouble.message.clone()), ..Self::default() }
    }
}

/// A template that a page is about.
struct Subject {
    app: Application,
    key: TemplateKey,
}

impl Subject {
    async fn of<S: Needs>(
        visit: &Visit<S>,
        ids: (String, String, String, String),
    ) -> Result<Self, PageError> {
        let (app, channel, kind, locale) = ids;
        let app = visit.app(&app).await?;
        let channel = Channel::parse(&channel).ok_or_else(PageError::not_found)?;
        let kind: TemplateKind = kind.parse().map_err(|_| PageError::not_found())?;
        let key = TemplateKey::new(channel, kind, &locale).map_err(|_| PageError::not_found())?;
        Ok(Self { app, key })
    }

    fn parts(&self) -> [String; 3] {
        let key = &self.key;
        [key.channel().to_string(), key.kind().to_string(), key.locale().to_owned()]
    }

    fn action(&self) -> String {
        format!("{}/{}", place(&self.app, "templates"), self.parts().join("/"))
    }

    async fn preview<S: Needs>(
        &self,
        visit: &Visit<S>,
        draft: TemplateFields,
    ) -> Result<TemplatePreview, ServiceError> {
        let (id, parts) = (self.app.id.to_string(), self.parts());
        visit.run(move |_, manage| async move { manage.preview_template(&id, &parts, draft).await }).await
    }

    /// The whole page, with what was typed where that is given.
    async fn shown<S: Needs>(
        &self,
        visit: &Visit<S>,
        typed: Option<Fields>,
        trouble: Option<Trouble>,
    ) -> Result<Response, PageError> {
        let (id, parts) = (self.app.id.to_string(), self.parts());
        let (all, built_in) = visit
            .run(move |_, manage| async move {
                Ok((manage.list_templates(&id).await?.data, manage.built_in_template(&id, &parts).await?))
            })
            .await?;
        let (channel, kind) = (self.key.channel(), self.key.kind());
        let siblings: Vec<_> =
            all.iter().filter(|one| one.channel == channel.as_str() && one.kind == kind.as_str()).collect();
        let own = siblings.iter().find(|one| one.locale == self.key.locale());
        let updated = own.map(|own| when(&own.updated_at));
        let fields = typed.unwrap_or_else(|| {
            own.map_or_else(Fields::default, |own| Fields {
                subject: own.subject.clone().unwrap_or_default(),
                text: own.text.clone(),
                html: own.html.clone().unwrap_or_default(),
                action: String::new(),
            })
        });
        let mut trouble = trouble;
        let preview = match self.preview(visit, fields.draft(channel)).await {
            Ok(made) => Preview::of(&made),
            Err(error) => {
                let why = told(error)?;
                let preview = Preview::wrong(&why);
                trouble = trouble.or(Some(why));
                preview
            }
        };
        let tags: Vec<&str> = siblings.iter().map(|one| one.locale.as_str()).collect();
        let mut others = words(&tags);
        if others.iter().all(|other| other.locale != self.key.locale()) {
            let locale = self.key.locale();
            others.push(Words { locale: locale.to_owned(), name: super::language_name(locale), own: false });
        }
        let shell = visit.shell(Here::Templates, Some(&self.app));
        let status = trouble.as_ref().map_or(StatusCode::OK, |trouble| trouble.status);
        let shown = Edit {
            may_change: shell.may(Permission::AppsWrite) && self.app.deletion.is_none(),
            list: place(&self.app, "templates"),
            action: self.action(),
            channel: channel_name(channel),
            channel_key: channel.as_str(),
            kind: kind_name(kind),
            kind_key: kind.as_str(),
            locale: self.key.locale().to_owned(),
            language: super::language_name(self.key.locale()),
            others,
            is_mail: channel == Channel::Email,
            updated,
            fields,
            variables: kind.variables().iter().map(|name| (*name, about(name))).collect(),
            example: example(channel, kind),
            preview,
            built_in: Preview::of(&built_in),
            trouble,
            shell,
        };
        page_with(status, &shown)
    }
}

/// What is wrong with a template, without the field's name before it: it stands beside the field.
fn told(error: ServiceError) -> Result<Trouble, PageError> {
    let mut trouble = Trouble::of(error)?;
    if let Some((field, sentence)) = trouble.message.split_once(": ")
        && trouble.param.as_deref() == Some(field)
    {
        trouble.message = format!("The {} {sentence}", if field == "html" { "HTML" } else { field });
    }
    Ok(trouble)
}

pub async fn show(Path(ids): Ids, visit: Visit<AppsRead>) -> Result<Response, PageError> {
    Subject::of(&visit, ids).await?.shown(&visit, None, None).await
}

pub async fn save(Path(ids): Ids, act: Act<AppsWrite>) -> Result<Response, PageError> {
    let subject = Subject::of(&act.visit, ids).await?;
    let fields = Fields::typed(&act.form);
    let (id, parts, draft) =
        (subject.app.id.to_string(), subject.parts(), fields.draft(subject.key.channel()));
    let saved = act
        .run(move |service, manage| async move {
            let saved = manage.put_template(&id, &parts, draft).await;
            service.templates().forget();
            saved.map(|_| ())
        })
        .await;
    match saved {
        Ok(()) => Ok(see_other(&format!("{}?done=saved", subject.action()))),
        Err(error) => subject.shown(&act.visit, Some(fields), Some(told(error)?)).await,
    }
}

/// The page with what was typed as a message; nothing is kept.
pub async fn preview(Path(ids): Ids, act: Act<AppsWrite>) -> Result<Response, PageError> {
    let subject = Subject::of(&act.visit, ids).await?;
    subject.shown(&act.visit, Some(Fields::typed(&act.form)), None).await
}

/// The message alone, while one types.
pub async fn preview_part(Path(ids): Ids, act: Act<AppsWrite>) -> Result<Response, PageError> {
    let subject = Subject::of(&act.visit, ids).await?;
    let draft = Fields::typed(&act.form).draft(subject.key.channel());
    let preview = match subject.preview(&act.visit, draft).await {
        Ok(made) => Preview::of(&made),
        Err(error) => Preview::wrong(&told(error)?),
    };
    page(&Part { preview })
}

/// The HTML of the message as it is sent now.
pub async fn html_now(Path(ids): Ids, visit: Visit<AppsRead>) -> Result<Response, PageError> {
    let subject = Subject::of(&visit, ids).await?;
    let made = subject.preview(&visit, TemplateFields::default()).await?;
    Ok(sandboxed_html(made.html.unwrap_or_default()))
}

/// The HTML of what was typed.
pub async fn html_draft(Path(ids): Ids, act: Act<AppsWrite>) -> Result<Response, PageError> {
    let subject = Subject::of(&act.visit, ids).await?;
    let draft = Fields::typed(&act.form).draft(subject.key.channel());
    match subject.preview(&act.visit, draft).await {
        Ok(made) => Ok(sandboxed_html(made.html.unwrap_or_default())),
        Err(error) => {
            told(error)?;
            Ok(sandboxed_html("<p>The template is not right yet.</p>".to_owned()))
        }
    }
}

pub async fn remove(Path(ids): Ids, act: Act<AppsWrite>) -> Result<Response, PageError> {
    let subject = Subject::of(&act.visit, ids).await?;
    let (id, parts) = (subject.app.id.to_string(), subject.parts());
    let removed = act
        .run(move |service, manage| async move {
            let removed = manage.remove_template(&id, &parts).await;
            service.templates().forget();
            removed.map(|_| ())
        })
        .await;
    match removed {
        // There are built-in words already: that is what was asked for.
        Ok(()) | Err(ServiceError::NotFound) => {
            Ok(see_other(&format!("{}?done=template_reset", subject.action())))
        }
        Err(error) => Err(error.into()),
    }
}
