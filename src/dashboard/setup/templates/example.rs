//! Templates to begin with, one a channel and kind. Each is tested: it can be kept as it is.

use crate::domain::message::Channel;
use crate::domain::template::{Template, TemplateKind};

const CODE_MAIL: &str = "Your code: {{ code }}
{% if action %}Only for: {{ action }}
{% endif %}
It is valid for {{ minutes }} min. Tell it to nobody, {{ app }} included.
";
const CODE_HTML: &str = "<p>Your code:</p>
<p style=\"font-size: 32px\">{{ code }}</p>
{% if action %}<p>Only for: <b>{{ action }}</b></p>{% endif %}
<p>It is valid for {{ minutes }} min. Tell it to nobody, {{ app }} included.</p>
";
const CODE_SHORT: &str = "{{ code }} is your {{ app }} code.{% if action %} Only for: {{ action }}.{% endif %} Valid {{ minutes }} min. Tell nobody.";
const CODE_CALL: &str = "Hello from {{ app }}. {% if action %}This is for: {{ action }}. {% endif %}Your code is {{ code }}. Again: {{ code }}. Goodbye.";
const BACKUP_MAIL: &str = "Your new backup codes for {{ app }}:
{% for code in codes %}
{{ code }}{% endfor %}

Each works once. Older ones no longer work.
";
const BACKUP_HTML: &str = "<p>Your new backup codes for {{ app }}:</p>
<p>{% for code in codes %}{{ code }}<br>{% endfor %}</p>
<p>Each works once. Older ones no longer work.</p>
";
const BACKUP_SHORT: &str = "Backup codes of {{ app }}:
{% for code in codes %}{{ code }}
{% endfor %}Each works once. Older ones no longer work.";

/// The example for a channel and kind.
#[must_use]
pub fn example(channel: Channel, kind: TemplateKind) -> Template {
    let template = |subject: Option<&str>, text: &str, html: Option<&str>| Template {
        subject: subject.map(str::to_owned),
        text: text.trim_end().to_owned(),
        html: html.map(|html| html.trim_end().to_owned()),
    };
    match (channel, kind) {
        (Channel::Email, TemplateKind::Code) => {
            template(Some("Your code for {{ app }}"), CODE_MAIL, Some(CODE_HTML))
        }
        (Channel::Email, TemplateKind::Backup) => {
            template(Some("New backup codes for {{ app }}"), BACKUP_MAIL, Some(BACKUP_HTML))
        }
        (Channel::Voice, _) => template(None, CODE_CALL, None),
        (Channel::Sms | Channel::Whatsapp, TemplateKind::Code) => template(None, CODE_SHORT, None),
        (Channel::Sms | Channel::Whatsapp, TemplateKind::Backup) => template(None, BACKUP_SHORT, None),
    }
}

/// What a variable is, in words.
#[must_use]
pub const fn about(variable: &str) -> &'static str {
    match variable.as_bytes() {
        b"app" => "the application's name",
        b"code" => "the code",
        b"minutes" => "how long it is valid, a number",
        b"action" => "what the code confirms; empty where there is nothing",
        b"codes" => "the list of codes, in their order",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::super::kinds;
    use super::*;
    use crate::domain::template::TemplateKey;

    #[test]
    fn each_example_can_be_kept() {
        for channel in Channel::ALL {
            for kind in kinds(channel) {
                let key = TemplateKey::new(channel, kind, "en").unwrap();
                example(channel, kind)
                    .check(&key)
                    .unwrap_or_else(|error| panic!("{channel} {kind}: {error}"));
                assert!(kind.variables().iter().all(|variable| !about(variable).is_empty()));
            }
        }
    }
}
