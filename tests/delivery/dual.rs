//! One start, two messages with a code each; either verifies, once.

use crate::lab::{self, Lab, Node, code_in, code_in_mail, number, reaches};
use crate::smtp::SmtpSink;
use crate::standin::StandIn;

#[tokio::test(flavor = "multi_thread")]
async fn either_code_of_a_dual_start_verifies_and_kills_the_other() {
    let (texts, mails) = (StandIn::twilio().await, SmtpSink::start().await);
    let settings = lab::twilio("sms", &texts.base_url) + &lab::smtp(&mails.url("", ""));
    let lab = Lab::sqlite(&settings);
    let key = lab.tenant(&[]).key;
    let node = Node::start(&lab).await;
    for (n, by_mail) in [(0, true), (1, false)] {
        let user = format!("jane{n}@example.com:{}", number(n));
        let id = node.sent(&key, &user, "DUAL").await;
        reaches(texts.count(), n + 1).await;
        reaches(mails.count(), n + 1).await;
        let (text, mail) = (texts.last(), mails.received().pop().unwrap());
        assert_eq!((text.text("To"), mail.to), (number(n).as_str(), format!("jane{n}@example.com")));
        let codes = [code_in(text.text("Body")), code_in_mail(&mail.data)];
        assert_ne!(codes[0], codes[1], "a code of its own each (equal by chance once in a million runs)");
        let (right, other) = if by_mail { (&codes[1], &codes[0]) } else { (&codes[0], &codes[1]) };
        let approved = node.verify(&key, &user, "DUAL", right).await.ok();
        assert_eq!(approved["method"], if by_mail { "email" } else { "sms" });
        node.verify(&key, &user, "DUAL", other).await.fails(401, "no_pending_code");
        assert_eq!(node.trace(&key, &id).await["status"], "approved");
    }
}
