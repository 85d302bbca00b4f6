//! What is kept and what is not, as a table; and what a kept template becomes.

use proptest::prelude::*;

use super::*;

const CODE: &str = "{{ app }}: {{ code }}, {{ minutes }} min.{% if action %} For: {{ action }}{% endif %}";
const CODES: &str = "{{ app }}\n{% for code in codes %}{{ code }}\n{% endfor %}";

fn key(channel: Channel, kind: TemplateKind) -> TemplateKey {
    TemplateKey::new(channel, kind, "de").unwrap()
}

fn text(text: &str) -> Template {
    Template { subject: None, text: text.into(), html: None }
}

fn mail(html: &str) -> Template {
    Template { subject: Some("{{ app }}".into()), text: CODE.into(), html: Some(html.into()) }
}

#[track_caller]
fn refused(template: &Template, channel: Channel, kind: TemplateKind, field: &str, words: &str) {
    let error = template.check(&key(channel, kind)).expect_err(&format!("{template:?}"));
    assert!(error.field == field && error.sentence.contains(words), "{error} for {template:?}");
    assert!(error.sentence.ends_with('.'), "{error}");
}

#[test]
fn good_templates_are_kept() {
    let twice =
        "{{ app }}: {{ code }}. Noch einmal: {{ code }}.{% if action %} Nur für {{ action }}.{% endif %}";
    let styled = format!(
        "<html><head><style>p {{ color: #123; }}</style></head><body><p class=\"a\">{CODE}</p>\
         <a href=\"https://help.example/?a=1&amp;b=2\">Hilfe</a> 1 < 2 &amp; so</body></html>"
    );
    for (template, channel, kind) in [
        (text(CODE), Channel::Sms, TemplateKind::Code),
        (text(CODE), Channel::Whatsapp, TemplateKind::Code),
        (
            text("{{ code }}{% if action %} {{ action }}{% else %} Anmeldung{%- endif -%}"),
            Channel::Sms,
            TemplateKind::Code,
        ),
        (text(twice), Channel::Voice, TemplateKind::Code),
        (mail(&styled), Channel::Email, TemplateKind::Code),
        (Template { html: None, ..mail("") }, Channel::Email, TemplateKind::Code),
        (text(CODES), Channel::Sms, TemplateKind::Backup),
        (
            text("{{ codes|join(', ') }} ({{ codes|length }}) {{ app|upper }}"),
            Channel::Whatsapp,
            TemplateKind::Backup,
        ),
        (
            text("{% for c in codes %}{{ loop.index }}. {{ c }}\n{% endfor %}"),
            Channel::Sms,
            TemplateKind::Backup,
        ),
    ] {
        template.check(&key(channel, kind)).unwrap_or_else(|error| panic!("{error}: {template:?}"));
    }
}

#[test]
fn each_fault_of_a_code_is_named() {
    let long = format!("{CODE}{}", "ü".repeat(1_000));
    let wide = format!("{CODE} {}", "и".repeat(230));
    for (source, field, words) in [
        ("", "text", "1 to 1000"),
        (" \n", "text", "1 to 1000"),
        (long.as_str(), "text", "1 to 1000"),
        (&wide, "text", "parts (UCS-2)"),
        ("{{ code }", "text", "does not work"),
        ("{{ code }} {% if action %}{{ action }}", "text", "does not work"),
        ("{{ code }} {{ action }} {{ user }}", "text", "`user`"),
        ("{{ code }} {{ action }} {{ codes }}", "text", "There are: app, code, minutes, action"),
        ("{{ code|safe }} {{ action }}", "text", "There are: join"),
        ("{{ code }} {{ action }} {{ range(9) }}", "text", "`range`"),
        ("{{ code }} {{ action }} {{ code.length }}", "text", "does not work"),
        ("Kein Code. {{ action }}", "text", "does not show the code without an action"),
        ("{{ code[1:] }} {{ action }}", "text", "does not show the code"),
        (
            "{% if action %}{{ action }}{% else %}{{ code }}{% endif %}",
            "text",
            "does not show the code with an action",
        ),
        ("7305918264 {{ action }}", "text", "does not show the code"),
        ("{{ code }} für {{ app }}", "text", "what the code confirms"),
        ("{{ code }} {{ action[:100] }}", "text", "what the code confirms"),
        ("{{ code }} {{ action }} {% include 'x' %}", "text", "block `include`"),
        ("{{ code }} {{ action }} {%- set x = 1 %}", "text", "block `set`"),
        ("{{ code }} {{ action }} {% autoescape false %}{% endautoescape %}", "text", "block `autoescape`"),
        ("{{ code }} {% for c in action %}{{ c }}{% endfor %}", "text", "loops over"),
        ("{{ code }} {{ action }} {{ 'x' * 9000000 }}", "text", "repeat less"),
        ("{{ code }} {{ action }} {{ 'x' * 9000 }}", "text", "too long"),
        ("{{ code }} {{ action }} \u{7}", "text", "U+0007"),
        ("{{ code }} {{ action }} {{ '\\u0007' }}", "text", "control characters"),
    ] {
        refused(&text(source), Channel::Sms, TemplateKind::Code, field, words);
    }
    refused(&text(CODE), Channel::Voice, TemplateKind::Code, "text", "twice");
    let long = format!("{{{{ code }}}} {{{{ code }}}}{}", " {{ action }}".repeat(10));
    refused(&text(&long), Channel::Voice, TemplateKind::Code, "text", "more than 1400");
    refused(
        &text("{{ code }} {{ code }} {{ action }} <break/>"),
        Channel::Voice,
        TemplateKind::Code,
        "text",
        "`<`",
    );
}

#[test]
fn each_fault_of_a_mail_is_named() {
    let with = |subject: Option<&str>| Template { subject: subject.map(Into::into), ..mail(CODE) };
    for (template, field, words) in [
        (with(None), "subject", "missing"),
        (with(Some("{{ code }}")), "subject", "locked phone"),
        (with(Some("a\nb")), "subject", "U+000A"),
        (with(Some(&"x".repeat(151))), "subject", "1 to 150"),
        (Template { text: "{{ code }}".into(), ..mail(CODE) }, "text", "confirms"),
        (mail("<p>{{ app }} {{ action }}</p>"), "html", "does not show the code"),
        (mail(&"x".repeat(50_001)), "html", "50000"),
    ] {
        refused(&template, Channel::Email, TemplateKind::Code, field, words);
    }
    for (channel, field) in [(Channel::Sms, "subject"), (Channel::Whatsapp, "subject")] {
        refused(&mail(CODE), channel, TemplateKind::Code, field, "Leave it out");
    }
    refused(
        &Template { subject: None, ..mail(CODE) },
        Channel::Voice,
        TemplateKind::Code,
        "html",
        "Leave it out",
    );
}

#[test]
fn html_loads_runs_and_asks_for_nothing() {
    for (html, words) in [
        ("<img src=\"https://x.example/a.png\">", "<img"),
        ("<td background = 'x'>", "background="),
        ("<p style=\"background: URL (x)\">", "url("),
        ("<p style=\"background: u\\72l(x)\">", "holds"),
        ("<p style=\"background: &#117;rl(x)\">", "escaped character"),
        ("<style>@import 'x';</style>", "@import"),
        ("<SCRIPT>1</SCRIPT>", "<script"),
        ("<form action=x>", "<form"),
        ("<meta http-equiv=refresh>", "http-equiv"),
        ("<p onclick=\"x\">", "on…"),
        ("<a href=\"javascript:x\">", "javascript:"),
        ("<a href=\"https://x.example/{{ code }}\">", "inside of a tag"),
        ("<p title={{ action }}>", "inside of a tag"),
        ("<p {% if action %}a{% endif %}>", "inside of a tag"),
        ("<!-- {{ code }} > {{ code }} -->", "inside of a tag"),
        ("<style>p::after { content: '{{ action }}' }</style>", "inside of a tag"),
        // What only comes about when the template is filled.
        ("<im{# #}g sr{# #}c=\"https://x.example/a.png\">", "inside of a tag"),
        ("<{{ \"img\" }} {{ \"src\" }}=\"https://x.example/a.png\">", "inside of a tag"),
        ("< {{- \"script\" }}>1", "<script"),
        ("1 {{- \"<\" if false }}<a {# #}>", "inside of a tag"),
    ] {
        refused(&mail(&format!("{html}{CODE}")), Channel::Email, TemplateKind::Code, "html", words);
    }
}

/// What a check cannot try: every code, every length of time, every action.
#[test]
fn a_message_without_its_code_or_action_is_not_sent() {
    let template = |subject: &str, source: &str, html: Option<&str>| Template {
        subject: Some(subject.into()),
        text: source.into(),
        html: html.map(Into::into),
    };
    let action = Some("Pay 12 EUR & go");
    for (template, field) in [
        (template("a", "{{ code }}{% if action|length > 100 %} {{ action }}{% endif %}", None), "text"),
        (
            template("a", "{% if minutes == 10 %}{{ code }} {{ action }}{% else %}Hello{% endif %}", None),
            "text",
        ),
        (template("a", CODE, Some("{{ code }}{% if action|length > 100 %} {{ action }}{% endif %}")), "html"),
        (template("a{% if minutes != 10 %} {{ code }}{% endif %}", CODE, None), "subject"),
    ] {
        template.check(&key(Channel::Email, TemplateKind::Code)).unwrap();
        let values = Values::Code(CodeValues { app: "Acme", code: "031415", minutes: 5, action });
        let error = template.render(Channel::Email, &values).err().expect(&template.text);
        assert_eq!(error.field, field, "{error}");
    }
    refused(&text("{{ code }} {{ action|lower }}"), Channel::Sms, TemplateKind::Code, "text", "confirms");
    let ten = text("{% for c in codes %}{% if loop.index <= 10 %}{{ c }} {% endif %}{% endfor %}");
    ten.check(&key(Channel::Sms, TemplateKind::Backup)).unwrap();
    let codes: Vec<String> = (0..11).map(|n| format!("{n:X}-7KQ2M-9XD4-TPBW")).collect();
    assert!(ten.render(Channel::Sms, &Values::Backup(BackupValues { app: "Acme", codes: &codes })).is_err());
}

#[test]
fn each_fault_of_backup_codes_is_named() {
    let long = format!("{CODES}{}", "x".repeat(900));
    for (source, words) in [
        ("{{ app }}", "exactly once"),
        ("{{ codes }} {% for code in codes %}{{ code }} {% endfor %}", "exactly once"),
        ("{% for code in codes %}{{ code|lower }} {% endfor %}", "exactly once"),
        ("{% for code in codes %}{% if loop.index < 10 %}{{ code }} {% endif %}{% endfor %}", "exactly once"),
        ("{{ code }}", "There are: app, codes"),
        ("{% for code in codes if code %}{{ code }} {% endfor %}", "loops over"),
        ("{% for a in codes %}{% for code in codes %}{{ code }}{% endfor %}{% endfor %}", "exactly once"),
        (&long, "parts (GSM-7)"),
    ] {
        refused(&text(source), Channel::Sms, TemplateKind::Backup, "text", words);
    }
    let subject = Template { subject: Some("{{ codes[0] }}".into()), text: CODES.into(), html: None };
    refused(&subject, Channel::Email, TemplateKind::Backup, "subject", "backup codes");
}

#[test]
fn values_are_escaped_in_html_and_left_alone_elsewhere() {
    let template = mail(&format!("<p>{CODE}</p>"));
    template.check(&key(Channel::Email, TemplateKind::Code)).unwrap();
    let action = Some("<b onload='x'>\"&");
    let values = Values::Code(CodeValues { app: "A<i>", code: "031415", minutes: 5, action });
    let wording = template.render(Channel::Email, &values).unwrap();
    assert_eq!(wording.text, "A<i>: 031415, 5 min. For: <b onload='x'>\"&");
    assert_eq!(wording.subject, "A<i>");
    let html = wording.html.unwrap();
    assert!(!html.contains("<i>") && !html.contains("<b") && !html.contains("\"&"), "{html}");
}

#[test]
fn a_voice_is_given_digits_one_by_one_and_no_action_is_empty() {
    let values = Values::Code(CodeValues { app: "Acme", code: "031415", minutes: 1, action: None });
    let said = text("{{ code }} {{ code }}[{{ action }}]").render(Channel::Voice, &values).unwrap().text;
    assert_eq!(said, "0, 3, 1, 4, 1, 5 0, 3, 1, 4, 1, 5[]");
}

/// The examples of the guide are what people copy first.
#[test]
fn the_examples_of_the_guide_are_kept() {
    let guide = include_str!("../../../../docs/templates.md");
    let (_, examples) = guide.split_once("## Examples").unwrap();
    let example = |name: &str| -> String {
        let (_, rest) = examples.split_once(&format!("{name}:\n\n")).unwrap();
        let lines = rest.lines().take_while(|line| line.starts_with("    ") || line.is_empty());
        lines.map(|line| line.get(4..).unwrap_or_default()).collect::<Vec<_>>().join("\n").trim().to_owned()
    };
    let plain = |name| text(&example(name));
    for (template, channel, kind) in [
        (plain("An SMS, a plain text file"), Channel::Sms, TemplateKind::Code),
        (plain("A call"), Channel::Voice, TemplateKind::Code),
        (toml::from_str(&example("A mail, a TOML file")).unwrap(), Channel::Email, TemplateKind::Code),
        (plain("Backup codes by SMS"), Channel::Sms, TemplateKind::Backup),
    ] {
        template.check(&key(channel, kind)).unwrap_or_else(|error| panic!("{error}: {template:?}"));
    }
}

const PIECES: [&str; 24] = [
    "{{ code }}",
    "{{ action }}",
    "{{ app }}",
    "{{ minutes * 99 }}",
    "{% if action %}",
    "{% else %}",
    "{% endif %}",
    "{% for c in codes %}",
    "{% endfor %}",
    "{%",
    "%}",
    "{{",
    "}}",
    "{#",
    "-%}",
    "<style",
    "<",
    "<!--",
    "&",
    "=",
    "é",
    "“",
    "\\",
    "[1:]",
];

proptest! {
    #[test]
    fn any_text_is_kept_or_refused_with_a_sentence(
        pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..12),
        at in 0_usize..2,
    ) {
        let source = format!("{CODE}{}", pieces.concat());
        let (template, channel) = [(text(&source), Channel::Sms), (mail(&source), Channel::Email)][at].clone();
        if let Err(error) = template.check(&key(channel, TemplateKind::Code)) {
            prop_assert!(!error.sentence.is_empty());
            return Ok(());
        }
        let action = Some("Pay <b> & \"c\"");
        let values = CodeValues { app: "Acme", code: "031415", minutes: 5, action };
        let wording = template.render(channel, &Values::Code(values)).unwrap();
        prop_assert!(wording.text.contains("031415"), "{}", wording.text);
        if let Some(html) = &wording.html {
            prop_assert!(html.contains("031415") && !html.contains("<b>"), "{}", html);
        }
    }
}
