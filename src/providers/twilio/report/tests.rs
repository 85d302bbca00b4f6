//! Rightly signed reports are read, forged ones are not. The first two are Twilio's own published examples.

use super::*;

const URL: &str = "https://mfa.example.com/v1/providers/twilio/status?message=msg_01jz";
const DELIVERED: &str =
    "AccountSid=AC1&From=%2B15005550006&MessageSid=SM123&MessageStatus=delivered&SmsSid=SM123";

fn sign(token: &str, url: &str, body: &str) -> String {
    let mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap();
    let signed = Fields::parse(body.as_bytes()).signed_text(url);
    STANDARD.encode(mac.chain_update(signed).finalize().into_bytes())
}

fn read(url: &str, body: &str, signature: Option<&str>) -> Result<Option<Report>, NotSigned> {
    let header = |name: &str| signature.filter(|_| name == "x-twilio-signature").map(str::to_owned);
    let posted = Posted { url, header: &header, body: body.as_bytes() };
    TwilioReports::new(vec!["other".into(), "12345".into()]).read(&posted, Moment::from_millis(0))
}

fn signed(url: &str, body: &str) -> Option<Report> {
    read(url, body, Some(&sign("12345", url, body))).unwrap()
}

#[test]
fn twilios_published_examples_are_believed() {
    let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
    for (body, signature) in [
        (
            "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212",
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        ),
        // A name several times: each value once, in order.
        ("Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234", "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
    ] {
        assert_eq!(read(url, body, Some(signature)), Ok(None));
        assert_eq!(read(&format!("{url}&x=1"), body, Some(signature)), Err(NotSigned));
        assert_eq!(read(url, &body.replace("CA123", "CA124"), Some(signature)), Err(NotSigned));
    }
}

#[test]
fn a_forged_report_is_not_believed() {
    let right = sign("12345", URL, DELIVERED);
    assert!(read(URL, DELIVERED, Some(&right)).is_ok());
    let changed = DELIVERED.replace("delivered", "failed");
    let elsewhere = URL.replace("msg_01jz", "msg_01k0");
    for (url, body, signature) in [
        (URL, DELIVERED, None),
        (URL, DELIVERED, Some("")),
        (URL, DELIVERED, Some("no base64")),
        (URL, DELIVERED, Some(&right[..24])),
        (URL, DELIVERED, Some(sign("1234", URL, DELIVERED).as_str())),
        (URL, DELIVERED, Some(sign("", URL, DELIVERED).as_str())),
        (URL, changed.as_str(), Some(right.as_str())),
        (URL, &format!("{DELIVERED}&ErrorCode=30003"), Some(right.as_str())),
        (elsewhere.as_str(), DELIVERED, Some(right.as_str())),
        (&URL.replace("https", "http"), DELIVERED, Some(right.as_str())),
    ] {
        assert_eq!(read(url, body, signature), Err(NotSigned), "{url} {body} {signature:?}");
    }
}

#[test]
fn the_port_may_stand_in_the_signed_address_or_not() {
    let with = |port: &str| URL.replace(".com/", &format!(".com{port}/"));
    for (called, signed) in [("", ":443"), (":8443", ""), (":8443", ":8443")] {
        let signature = sign("12345", &with(signed), DELIVERED);
        let report = read(&with(called), DELIVERED, Some(&signature)).unwrap().unwrap();
        assert_eq!(report.message_id.as_deref(), Some("msg_01jz"), "{called} {signed}");
    }
    let signature = sign("12345", &with(":8444"), DELIVERED);
    assert_eq!(read(&with(":8443"), DELIVERED, Some(&signature)), Err(NotSigned));
    assert_eq!(other_port("https://[::1]:8443/a?b=:1").as_deref(), Some("https://[::1]/a?b=:1"));
    assert_eq!(other_port("http://[::1]/a").as_deref(), Some("http://[::1]:80/a"));
}

#[test]
fn a_report_says_what_became_of_a_message() {
    for (status, wanted) in [
        ("MessageStatus=delivered", Some((true, None))),
        ("MessageStatus=read", Some((true, None))),
        ("MessageStatus=undelivered&ErrorCode=30003", Some((false, Some("30003")))),
        ("MessageStatus=failed", Some((false, Some("failed")))),
        ("MessageStatus=failed&ErrorCode=%3Cb%3E", Some((false, Some("failed")))),
        ("MessageStatus=queued", None),
        ("MessageStatus=sending", None),
        ("MessageStatus=sent", None),
        ("MessageStatus=accepted", None),
        ("SmsStatus=delivered", None),
    ] {
        let report = signed(URL, &format!("MessageSid=SM123&{status}"));
        let wanted = wanted.map(|(delivered, reason)| Report {
            provider_id: "SM123".into(),
            message_id: Some("msg_01jz".into()),
            delivered,
            reason: reason.map(str::to_owned),
        });
        assert_eq!(report, wanted, "{status}");
    }
}

#[test]
fn a_report_says_what_became_of_a_call() {
    for (status, wanted) in [
        ("completed", Some((true, None))),
        ("busy", Some((false, Some("busy")))),
        ("no-answer", Some((false, Some("no-answer")))),
        ("failed", Some((false, Some("failed")))),
        ("canceled", Some((false, Some("canceled")))),
        ("ringing", None),
        ("in-progress", None),
    ] {
        let report = signed(URL, &format!("CallSid=CA123&CallStatus={status}"));
        let told = report.as_ref().map(|report| (report.delivered, report.reason.as_deref()));
        assert_eq!(told, wanted, "{status}");
        assert!(report.is_none_or(|report| report.provider_id == "CA123"));
    }
}

#[test]
fn what_stands_twice_or_oddly_is_not_taken() {
    for body in [
        "MessageSid=SM1&MessageSid=SM2&MessageStatus=delivered",
        "MessageSid=SM1&MessageStatus=delivered&MessageStatus=failed",
        "MessageSid=SM%0A1&MessageStatus=delivered",
        "MessageStatus=delivered",
        "",
    ] {
        assert_eq!(signed(URL, body), None, "{body}");
    }
    // The same twice is the same.
    assert!(signed(URL, "MessageSid=SM1&MessageSid=SM1&MessageStatus=delivered").is_some());
    for query in ["", "?", "?message=", "?message=a&message=b", "?message=a%20b", "?other=msg_1"] {
        let url = format!("https://mfa.example.com/v1/providers/twilio/status{query}");
        assert_eq!(signed(&url, DELIVERED).unwrap().message_id, None, "{query}");
    }
}

#[test]
fn debug_shows_no_token() {
    let shown = format!("{:?}", TwilioReports::new(vec!["12345".into()]));
    assert!(!shown.contains("12345"), "{shown}");
}
