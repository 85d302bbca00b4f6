//! Templates: written, looked at, refused with the line, taken back.

use rift_mfa::domain::access::Role;

use crate::harness::on_both;

const GOOD: &str = "{{ code }} ist Ihr Code.\r\n{% if action %}Nur für: {{ action }}{% endif %}";

on_both! {
    async fn own_words_are_kept_shown_and_taken_back(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let path = app.at("/templates/sms/code/de");
        owner.get(&app.at("/templates")).await.ok().says(&["All messages are in the built-in words"]);
        owner.get(&path).await.ok().says(&["The built-in words are sent", "<code>{{ code }}</code>", "An example to begin with"]);
        owner.post(&path, &[("text", GOOD)]).await.leads_to(&format!("{path}?done=saved"));
        let page = owner.get(&path).await.ok();
        page.says(&["Your own words are sent", "123456 ist Ihr Code.", "1 part", "Back to the built-in words", "German · own"]);
        owner.get(&app.at("/templates")).await.ok().says(&["German · own"]);
        owner.post(&format!("{path}/remove"), &[]).await.leads_to(&format!("{path}?done=template_reset"));
        owner.get(&path).await.ok().says(&["The built-in words are sent"]);
    }

    async fn what_is_wrong_is_told_with_its_line_and_stays_in_the_editor(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let path = app.at("/templates/sms/code/de");
        let broken = "{{ code }}{{ action }}\r\nDas {% if %} geht nicht";
        let page = owner.post(&path, &[("text", broken)]).await.is(400);
        page.says(&["class=\"wrong\"", "in line 2", "Das {% if %} geht nicht"]);
        owner.post(&path, &[("text", "Hallo {{ name }}")]).await.is(400).says(&["uses `name`"]);
        owner.post(&path, &[("text", "")]).await.is(400).says(&["class=\"wrong\""]);
        assert!(app.store.templates(app.one.app).await.unwrap().is_empty());
    }

    async fn a_draft_is_looked_at_and_not_kept(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let path = app.at("/templates/email/code/fr");
        let draft = [
            ("subject", "Code de {{ app }}"), ("text", "{{ code }} {{ action }}"),
            ("html", "<p id=\"own\">{{ code }} <b>{{ action }}</b></p>"), ("action", "Payer <12> EUR"),
        ];
        owner.post(&format!("{path}/preview"), &draft).await.ok().says(&["Payer &#60;12&#62; EUR", "Code de"]);
        let part = owner.post(&format!("{path}/preview/part"), &draft).await.ok();
        part.says(&["Payer &#60;12&#62; EUR"]).keeps_quiet_about(&["<html"]);
        let html = owner.post(&format!("{path}/html"), &draft).await.ok();
        html.says(&["<p id=\"own\">", "Payer &lt;12&gt; EUR"]);
        assert!(html.header("content-security-policy").contains("sandbox"));
        let part = owner.post(&format!("{path}/preview/part"), &[("text", "{{ nothing }}")]).await.ok();
        part.says(&["alert bad"]);
        assert!(app.store.templates(app.one.app).await.unwrap().is_empty());
    }

    async fn another_language_is_opened_by_its_tag(app: TestApp) {
        let mut owner = app.signed_in(Role::Owner).await;
        let open = |query: &str| app.at(&format!("/templates/open?{query}"));
        owner.get(&open("channel=sms&kind=code&locale=PT-br")).await.leads_to(&app.at("/templates/sms/code/pt-BR"));
        owner.get(&app.at("/templates/sms/code/nl")).await.ok().says(&[">nl<"]);
        for wrong in ["channel=sms&kind=code&locale=deutsch%20sprache", "channel=voice&kind=backup&locale=de", "channel=fax"] {
            owner.get(&open(wrong)).await.leads_to(&app.at("/templates?wrong#new"));
        }
        owner.get(&app.at("/templates?wrong")).await.ok().says(&["That is no message"]);
    }
}
