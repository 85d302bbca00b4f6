//! What each method is for, and whether what it needs is there. Pure.

use std::collections::BTreeMap;

use super::super::place;
use crate::domain::challenge::MfaType;
use crate::domain::message::Channel;
use crate::domain::tenant::{Application, Mode, Plan};
use crate::service::Carrier;

/// A method, in words.
pub struct Method {
    /// Its Type.
    pub kind: MfaType,
    /// Its part of the setting's name.
    pub key: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// The channels that its codes go by.
    channels: &'static [Channel],
}

/// All that can be switched.
pub const METHODS: [Method; 7] = [
    Method {
        kind: MfaType::Email,
        key: "email",
        name: "E-mail",
        about: "A code by mail. Everybody has an address; it is as safe as the mailbox.",
        channels: &[Channel::Email],
    },
    Method {
        kind: MfaType::Sms,
        key: "sms",
        name: "SMS",
        about: "A code by text message. Known to everybody, paid for by the message.",
        channels: &[Channel::Sms],
    },
    Method {
        kind: MfaType::Whatsapp,
        key: "whatsapp",
        name: "WhatsApp",
        about: "A code by WhatsApp. Cheaper than SMS in many countries, and it arrives abroad.",
        channels: &[Channel::Whatsapp],
    },
    Method {
        kind: MfaType::Phone,
        key: "phone",
        name: "Phone call",
        about: "A voice reads the code out. For landlines, and for people who do not see well.",
        channels: &[Channel::Voice],
    },
    Method {
        kind: MfaType::App,
        key: "app",
        name: "Authenticator app",
        about: "Codes made by an app on the user's phone. Costs nothing and works without a network.",
        channels: &[],
    },
    Method {
        kind: MfaType::Hsm,
        key: "hsm",
        name: "Security key",
        about: "Keys and passkeys (WebAuthn). The only method that no false page can steal.",
        channels: &[],
    },
    Method {
        kind: MfaType::Dual,
        key: "dual",
        name: "DUAL",
        about: "One code to an address and one to a number at once. On the plan enterprise.",
        channels: &[Channel::Email, Channel::Sms],
    },
];

/// One thing that a method needs in live mode.
#[derive(Debug, PartialEq, Eq)]
pub struct Need {
    /// Whether it is there.
    pub met: bool,
    /// What it is, or what is missing.
    pub words: String,
    /// Where it is set, and the link's words.
    pub link: Option<(String, &'static str)>,
    /// The command that sets it, where the operator does.
    pub command: Option<String>,
}

/// A method on the page.
pub struct Card {
    /// The setting's part, which is also the card's anchor.
    pub key: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// Its name in the API.
    pub kind: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Whether it is on.
    pub on: bool,
    /// Whether there is a switch: backup codes come with every application.
    pub switchable: bool,
    /// What it needs.
    pub needs: Vec<Need>,
}

impl Card {
    /// Whether it works in live mode, once it is on.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.needs.iter().all(|need| need.met)
    }
}

/// Who carries each channel.
#[derive(Default)]
pub struct Carriers(BTreeMap<&'static str, Carrier>);

impl Carriers {
    /// Says who carries one.
    pub fn put(&mut self, channel: Channel, carrier: Carrier) {
        self.0.insert(channel.as_str(), carrier);
    }

    fn of(&self, channel: Channel) -> Carrier {
        self.0.get(channel.as_str()).copied().unwrap_or(Carrier::Nobody)
    }
}

/// The cards of an application.
#[must_use]
pub fn cards(app: &Application, plan: Plan, org: &str, carriers: &Carriers) -> Vec<Card> {
    let card = |method: &Method| Card {
        key: method.key,
        name: method.name,
        kind: method.kind.as_str(),
        about: method.about,
        on: app.settings.allows(method.kind),
        switchable: true,
        needs: needs(method, app, plan, org, carriers),
    };
    let backup = Card {
        key: "backup",
        name: "Backup codes",
        kind: MfaType::Backup.as_str(),
        about: "A set of codes for the day on which the phone is lost. They come with every application and stand in for any method.",
        on: true,
        switchable: false,
        needs: vec![Need {
            met: true,
            words: format!(
                "{} codes of {} characters in a set",
                app.settings.backup_count(),
                app.settings.backup_length()
            ),
            link: Some((format!("{}#backup-codes", place(app, "settings")), "Change it in the settings")),
            command: None,
        }],
    };
    METHODS.iter().map(card).chain([backup]).collect()
}

fn needs(method: &Method, app: &Application, plan: Plan, org: &str, carriers: &Carriers) -> Vec<Need> {
    let mut needs = Vec::new();
    if method.kind == MfaType::Dual {
        let met = plan == Plan::Enterprise;
        needs.push(Need {
            met,
            words: if met {
                "The plan is enterprise".to_owned()
            } else {
                format!("The plan is {plan}; DUAL needs enterprise. The operator changes it by the command")
            },
            link: None,
            command: (!met).then(|| format!("rift-mfa org set-plan {org} enterprise")),
        });
    }
    for channel in method.channels {
        needs.push(carried(app, *channel, carriers.of(*channel)));
    }
    if method.channels.iter().any(|channel| *channel != Channel::Email) {
        needs.push(countries(app));
    }
    if method.kind == MfaType::Hsm {
        needs.extend(relying_party(app));
    }
    needs
}

fn carried(app: &Application, channel: Channel, carrier: Carrier) -> Need {
    let name = channel_name(channel);
    let (met, words) = match carrier {
        Carrier::Own => (true, format!("{name}: an account of your own carries it")),
        Carrier::Operator => (true, format!("{name}: the operator's account carries it")),
        Carrier::Nobody => (false, format!("{name}: nobody carries it yet")),
    };
    let link = (place(app, "providers"), if met { "Providers" } else { "Set a provider up" });
    Need { met, words, link: Some(link), command: None }
}

fn countries(app: &Application) -> Need {
    let settings = app.settings.to_json();
    let list =
        settings.get("countries").and_then(|list| list.as_array()).map(Vec::as_slice).unwrap_or_default();
    let words = if app.settings.allows_country(None, Mode::Live) {
        "Every country is allowed".to_owned()
    } else {
        match list.len() {
            0 => "No country is allowed yet, so live messages to phones are refused".to_owned(),
            1 => "1 country is allowed".to_owned(),
            many => format!("{many} countries are allowed"),
        }
    };
    let met = !list.is_empty();
    let link = (place(app, "countries"), if met { "Countries" } else { "Allow countries" });
    Need { met, words, link: Some(link), command: None }
}

fn relying_party(app: &Application) -> [Need; 2] {
    let settings = &app.settings;
    let link = |met| Some((place(app, "security-keys"), if met { "Security keys" } else { "Set it" }));
    let rp_id = settings.webauthn_rp_id();
    let origins = settings.webauthn_origins().len();
    [
        Need {
            met: rp_id.is_some(),
            words: rp_id.map_or_else(
                || {
                    "The domain that keys are bound to (RP id) is not set, which test mode needs, too"
                        .to_owned()
                },
                |id| format!("Keys are bound to {id}"),
            ),
            link: link(rp_id.is_some()),
            command: None,
        },
        Need {
            met: origins > 0,
            words: match origins {
                0 => "The pages that users sign in on (origins) are not set, which test mode needs, too"
                    .to_owned(),
                1 => "1 origin may use them".to_owned(),
                many => format!("{many} origins may use them"),
            },
            link: link(origins > 0),
            command: None,
        },
    ]
}

/// A channel's name for people.
#[must_use]
pub const fn channel_name(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "E-mail",
        Channel::Sms => "SMS",
        Channel::Whatsapp => "WhatsApp",
        Channel::Voice => "Phone call",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::Id;
    use crate::domain::policy::Settings;
    use crate::domain::time::Moment;

    fn app(changes: &[(&str, &str)]) -> Application {
        let mut settings = Settings::default();
        for (key, value) in changes {
            settings.set(key, value).unwrap();
        }
        let mut rng = <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(1);
        let now = Moment::from_millis(0);
        Application {
            id: Id::new(now, &mut rng),
            org: Id::new(now, &mut rng),
            name: "Acme".into(),
            settings,
            created_at: now,
            deletion: None,
        }
    }

    fn card(app: &Application, plan: Plan, carriers: &Carriers, key: &str) -> Card {
        cards(app, plan, "org_1", carriers).into_iter().find(|card| card.key == key).unwrap()
    }

    fn missing(card: &Card) -> Vec<&str> {
        card.needs.iter().filter(|need| !need.met).map(|need| need.words.as_str()).collect()
    }

    #[test]
    fn every_type_has_a_card_and_every_switch_a_setting() {
        let app = app(&[]);
        let cards = cards(&app, Plan::Free, "org_1", &Carriers::default());
        let kinds: Vec<_> = cards.iter().map(|card| card.kind).collect();
        assert_eq!(kinds, ["EMAIL", "SMS", "WHATSAPP", "PHONE", "APP", "HSM", "DUAL", "BACKUP"]);
        for card in &cards {
            let key = format!("methods.{}", card.key);
            assert_eq!(Settings::default().set(&key, "on").is_ok(), card.switchable, "{key}");
            assert_eq!(card.on, card.key == "backup", "{key}");
        }
    }

    #[test]
    fn what_is_missing_is_told_with_the_place_where_it_is_set() {
        let bare = app(&[]);
        let nobody = Carriers::default();
        let sms = card(&bare, Plan::Free, &nobody, "sms");
        assert_eq!(missing(&sms).len(), 2);
        let places: Vec<_> =
            sms.needs.iter().filter_map(|need| need.link.as_ref()).map(|(to, _)| to).collect();
        assert!(places[0].ends_with("/providers") && places[1].ends_with("/countries"), "{places:?}");
        assert_eq!(missing(&card(&bare, Plan::Free, &nobody, "hsm")).len(), 2);
        assert!(card(&bare, Plan::Free, &nobody, "app").ready());
        let dual = card(&bare, Plan::Pro, &nobody, "dual");
        assert_eq!(missing(&dual).len(), 4);
        assert!(missing(&dual)[0].starts_with("The plan is pro"));
        assert_eq!(dual.needs[0].command.as_deref(), Some("rift-mfa org set-plan org_1 enterprise"));
    }

    #[test]
    fn with_all_of_it_everything_is_ready() {
        let app = app(&[
            ("countries", "DE,FR"),
            ("webauthn.rp_id", "example.com"),
            ("webauthn.origins", "https://login.example.com"),
        ]);
        let mut carriers = Carriers::default();
        for channel in Channel::ALL {
            carriers.put(channel, if channel == Channel::Sms { Carrier::Own } else { Carrier::Operator });
        }
        for card in cards(&app, Plan::Enterprise, "org_1", &carriers) {
            assert!(card.ready(), "{}: {:?}", card.key, missing(&card));
        }
        let sms = card(&app, Plan::Free, &carriers, "sms");
        assert_eq!(sms.needs[0].words, "SMS: an account of your own carries it");
        assert_eq!(sms.needs[1].words, "2 countries are allowed");
    }
}
