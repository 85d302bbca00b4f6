//! `template`: an application's own words.

use crate::place::Place;

const MAIL: &str = r#"
subject = "Ihr Code für {{ app }}"
text = """
Ihr Code: {{ code }}
{% if action %}Nur für: {{ action }}{% endif %}
"""
html = "<p>Ihr Code: <b>{{ code }}</b>{% if action %} nur für {{ action }}{% endif %}</p>"
"#;
const SMS: &str = "{{ code }} ist Ihr Code für {{ app }}.{% if action %} Nur für: {{ action }}{% endif %}\n";

fn run<'a>(verb: &'a str, app: &'a str, channel: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["template", verb, "--app", app, "--channel", channel, "--locale", "de"], more].concat()
}

#[test]
fn a_template_is_set_listed_shown_and_removed() {
    let place = Place::new();
    let app = &place.application();
    assert!(place.run(&["template", "list", "--app", app]).ok().contains("no template"));
    let file = place.write("mail.toml", MAIL);
    let text = place.run(&run("set", app, "email", &["--file", &file])).ok();
    assert!(text.contains("email (code, de) is kept"), "{text}");
    let file = place.write("sms.txt", SMS);
    let set = place.json(&run("set", app, "sms", &["--file", &file]));
    assert_eq!((&set["key"]["channel"], &set["key"]["kind"]), (&"sms".into(), &"code".into()));

    let list = place.json(&["template", "list", "--app", app]);
    let rows: Vec<_> =
        list["data"].as_array().unwrap().iter().map(|row| row["key"]["channel"].clone()).collect();
    assert_eq!(rows, ["email", "sms"]);
    assert!(place.run(&["template", "list", "--app", app]).ok().contains("sms      code  de"));

    let shown = place.json(&run("show", app, "email", &[]));
    assert_eq!((&shown["own"], &shown["subject"]), (&true.into(), &"Ihr Code für {{ app }}".into()));
    assert!(shown["text"].as_str().unwrap().ends_with("{{ action }}{% endif %}"));
    assert!(place.run(&run("show", app, "sms", &[])).ok().contains("{{ code }} ist Ihr Code"));
    let built_in = place.run(&run("show", app, "whatsapp", &[])).ok();
    assert!(
        built_in.contains("built-in") && built_in.contains("123456 ist Ihr Anmeldecode für Shop."),
        "{built_in}"
    );
    let built_in = place.json(&run("show", app, "email", &["--kind", "backup"]));
    assert_eq!(
        (&built_in["own"], &built_in["subject"]),
        (&false.into(), &"Ihre Backup-Codes für Shop".into())
    );

    let json = r#"{"text": "Neu: {{ code }} {{ action }}"}"#;
    let file = place.write("sms.json", json);
    place.json(&run("set", app, "sms", &["--file", &file]));
    assert_eq!(place.json(&run("show", app, "sms", &[]))["text"], "Neu: {{ code }} {{ action }}");
    assert_eq!(place.json(&["template", "list", "--app", app])["data"].as_array().unwrap().len(), 2);

    assert_eq!(place.json(&run("remove", app, "sms", &[]))["removed"], true);
    place.run(&run("remove", app, "sms", &[])).fails(1, &["no template"]);
    assert_eq!(place.json(&run("show", app, "sms", &[]))["own"], false);
}

#[test]
fn a_preview_shows_what_would_be_sent() {
    let place = Place::new();
    let app = &place.application();
    place.json(&["app", "set", app, "sms.domain=example.com"]);
    let file = place.write("sms.txt", SMS);
    let draft = place.json(&run("preview", app, "sms", &["--file", &file, "--action", "Zahlung 12 EUR"]));
    let text = "123456 ist Ihr Code für Shop. Nur für: Zahlung 12 EUR\n\n@example.com #123456";
    assert_eq!((&draft["text"], &draft["segments"]), (&text.into(), &1.into()));
    assert_eq!(draft["encoding"], "GSM-7");
    assert!(
        place.json(&["template", "list", "--app", app])["data"].as_array().unwrap().is_empty(),
        "not kept"
    );

    let plain = place.run(&run("preview", app, "sms", &[])).ok();
    assert!(plain.contains("ist Ihr Anmeldecode") && plain.contains("GSM-7, 1 segment"), "{plain}");
    place.json(&run("set", app, "sms", &["--file", &file]));
    assert!(place.run(&run("preview", app, "sms", &[])).ok().starts_with("123456 ist Ihr Code für Shop."));
    let mail = place.run(&run("preview", app, "email", &[])).ok();
    assert!(mail.starts_with("Subject: Ihr Anmeldecode") && mail.contains("<html lang=\"de\""), "{mail}");
    let japanese = ["template", "preview", "--app", app, "--channel", "sms", "--locale", "ja"];
    let japanese = place.run(&japanese).ok();
    assert!(japanese.contains("UCS-2, 2 segments"), "{japanese}");
    let voice = place.json(&run("preview", app, "voice", &[]));
    assert!(voice["text"].as_str().unwrap().contains("1, 2, 3, 4, 5, 6."), "{voice}");
    assert!(voice.get("segments").is_none());
}

#[test]
fn what_is_wrong_is_said_with_its_fix() {
    let place = Place::new();
    let app = &place.application();
    let file = |name: &str, text: &str| place.write(name, text);
    for (channel, file, words) in [
        ("sms", file("a.txt", "Kein Code"), vec!["text: does not show the code", "put {{ code }}"]),
        ("sms", file("b.txt", "{{ code }} {{ x }}"), vec!["text: uses `x`", "app, code, minutes, action"]),
        ("sms", file("c.json", r#"{"texd": "x"}"#), vec!["c.json", "texd"]),
        ("email", file("d.toml", "text = \"{{ code }} {{ action }}\""), vec!["subject: is missing"]),
        ("email", file("e.toml", "text = "), vec!["e.toml"]),
        ("voice", file("f.txt", "{{ code }} {{ action }}"), vec!["twice"]),
        ("sms", place.path("none.txt").display().to_string(), vec!["none.txt"]),
    ] {
        place.run(&run("set", app, channel, &["--file", &file])).fails(2, &words);
        place.run(&run("preview", app, channel, &["--file", &file])).fails(2, &words);
    }
    assert!(place.json(&["template", "list", "--app", app])["data"].as_array().unwrap().is_empty());

    place.run(&run("show", app, "fax", &[])).fails(2, &["fax", "email, sms, whatsapp, voice"]);
    place.run(&run("show", app, "sms", &["--kind", "x"])).fails(2, &["code, backup"]);
    place.run(&run("show", app, "voice", &["--kind", "backup"])).fails(2, &["never read out"]);
    let tag = ["template", "show", "--app", app, "--channel", "sms", "--locale", "de_AT!"];
    place.run(&tag).fails(2, &["locale", "pt-BR"]);
    let absent = "app_01jd8zq5e8f0v9y7x6w5t4s3r2";
    place.run(&run("show", absent, "sms", &[])).fails(1, &["no application"]);
    place.run(&["template", "list", "--app", absent]).fails(1, &["no application"]);
}
