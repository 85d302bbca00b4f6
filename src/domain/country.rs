//! Countries by their codes (ISO 3166-1 alpha-2) and English names (CLDR), for people who choose where messages may go.
//!
//! Beside those of the standard stand three that have telephone numbers and no code in it: Ascension Island, Kosovo and
//! Tristan da Cunha, under the codes that the numbering plans are published with.

/// A part of the world, as the United Nations divide it (M49).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continent {
    /// Africa.
    Africa,
    /// The Americas.
    Americas,
    /// Asia.
    Asia,
    /// Europe.
    Europe,
    /// Oceania.
    Oceania,
    /// Antarctica.
    Antarctica,
}

impl Continent {
    /// Its name, in English.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Africa => "Africa",
            Self::Americas => "The Americas",
            Self::Asia => "Asia",
            Self::Europe => "Europe",
            Self::Oceania => "Oceania",
            Self::Antarctica => "Antarctica",
        }
    }
}

/// A country's code and its name.
pub type Country = (&'static str, &'static str);

/// The name of the country with this code.
#[must_use]
pub fn name(code: &str) -> Option<&'static str> {
    COUNTRIES.iter().flat_map(|(_, all)| *all).find(|(own, _)| *own == code).map(|(_, name)| *name)
}

/// All countries, by continent and name.
#[rustfmt::skip]
pub const COUNTRIES: &[(Continent, &[Country])] = &[
    (Continent::Africa, &[
        ("DZ", "Algeria"), ("AO", "Angola"), ("AC", "Ascension Island"), ("BJ", "Benin"),
        ("BW", "Botswana"), ("IO", "British Indian Ocean Territory"), ("BF", "Burkina Faso"),
        ("BI", "Burundi"), ("CM", "Cameroon"), ("CV", "Cape Verde"), ("CF", "Central African Republic"),
        ("TD", "Chad"), ("KM", "Comoros"), ("CG", "Congo (Brazzaville)"), ("CD", "Congo (Kinshasa)"),
        ("CI", "Côte d’Ivoire"), ("DJ", "Djibouti"), ("EG", "Egypt"), ("GQ", "Equatorial Guinea"),
        ("ER", "Eritrea"), ("SZ", "Eswatini"), ("ET", "Ethiopia"), ("TF", "French Southern Territories"),
        ("GA", "Gabon"), ("GM", "Gambia"), ("GH", "Ghana"), ("GN", "Guinea"), ("GW", "Guinea-Bissau"),
        ("KE", "Kenya"), ("LS", "Lesotho"), ("LR", "Liberia"), ("LY", "Libya"), ("MG", "Madagascar"),
        ("MW", "Malawi"), ("ML", "Mali"), ("MR", "Mauritania"), ("MU", "Mauritius"), ("YT", "Mayotte"),
        ("MA", "Morocco"), ("MZ", "Mozambique"), ("NA", "Namibia"), ("NE", "Niger"), ("NG", "Nigeria"),
        ("RE", "Réunion"), ("RW", "Rwanda"), ("ST", "São Tomé & Príncipe"), ("SN", "Senegal"),
        ("SC", "Seychelles"), ("SL", "Sierra Leone"), ("SO", "Somalia"), ("ZA", "South Africa"),
        ("SS", "South Sudan"), ("SH", "St. Helena"), ("SD", "Sudan"), ("TZ", "Tanzania"), ("TG", "Togo"),
        ("TA", "Tristan da Cunha"), ("TN", "Tunisia"), ("UG", "Uganda"), ("EH", "Western Sahara"),
        ("ZM", "Zambia"), ("ZW", "Zimbabwe"),
    ]),
    (Continent::Americas, &[
        ("AI", "Anguilla"), ("AG", "Antigua & Barbuda"), ("AR", "Argentina"), ("AW", "Aruba"),
        ("BS", "Bahamas"), ("BB", "Barbados"), ("BZ", "Belize"), ("BM", "Bermuda"), ("BO", "Bolivia"),
        ("BV", "Bouvet Island"), ("BR", "Brazil"), ("VG", "British Virgin Islands"), ("CA", "Canada"),
        ("BQ", "Caribbean Netherlands"), ("KY", "Cayman Islands"), ("CL", "Chile"), ("CO", "Colombia"),
        ("CR", "Costa Rica"), ("CU", "Cuba"), ("CW", "Curaçao"), ("DM", "Dominica"),
        ("DO", "Dominican Republic"), ("EC", "Ecuador"), ("SV", "El Salvador"), ("FK", "Falkland Islands"),
        ("GF", "French Guiana"), ("GL", "Greenland"), ("GD", "Grenada"), ("GP", "Guadeloupe"),
        ("GT", "Guatemala"), ("GY", "Guyana"), ("HT", "Haiti"), ("HN", "Honduras"), ("JM", "Jamaica"),
        ("MQ", "Martinique"), ("MX", "Mexico"), ("MS", "Montserrat"), ("NI", "Nicaragua"), ("PA", "Panama"),
        ("PY", "Paraguay"), ("PE", "Peru"), ("PR", "Puerto Rico"), ("SX", "Sint Maarten"),
        ("GS", "South Georgia & South Sandwich Islands"), ("BL", "St. Barthélemy"),
        ("KN", "St. Kitts & Nevis"), ("LC", "St. Lucia"), ("MF", "St. Martin"),
        ("PM", "St. Pierre & Miquelon"), ("VC", "St. Vincent & Grenadines"), ("SR", "Suriname"),
        ("TT", "Trinidad & Tobago"), ("TC", "Turks & Caicos Islands"), ("VI", "U.S. Virgin Islands"),
        ("US", "United States"), ("UY", "Uruguay"), ("VE", "Venezuela"),
    ]),
    (Continent::Asia, &[
        ("AF", "Afghanistan"), ("AM", "Armenia"), ("AZ", "Azerbaijan"), ("BH", "Bahrain"),
        ("BD", "Bangladesh"), ("BT", "Bhutan"), ("BN", "Brunei"), ("KH", "Cambodia"), ("CN", "China"),
        ("CY", "Cyprus"), ("GE", "Georgia"), ("HK", "Hong Kong"), ("IN", "India"), ("ID", "Indonesia"),
        ("IR", "Iran"), ("IQ", "Iraq"), ("IL", "Israel"), ("JP", "Japan"), ("JO", "Jordan"),
        ("KZ", "Kazakhstan"), ("KW", "Kuwait"), ("KG", "Kyrgyzstan"), ("LA", "Laos"), ("LB", "Lebanon"),
        ("MO", "Macao"), ("MY", "Malaysia"), ("MV", "Maldives"), ("MN", "Mongolia"), ("MM", "Myanmar"),
        ("NP", "Nepal"), ("KP", "North Korea"), ("OM", "Oman"), ("PK", "Pakistan"), ("PS", "Palestine"),
        ("PH", "Philippines"), ("QA", "Qatar"), ("SA", "Saudi Arabia"), ("SG", "Singapore"),
        ("KR", "South Korea"), ("LK", "Sri Lanka"), ("SY", "Syria"), ("TW", "Taiwan"), ("TJ", "Tajikistan"),
        ("TH", "Thailand"), ("TL", "Timor-Leste"), ("TR", "Türkiye"), ("TM", "Turkmenistan"),
        ("AE", "United Arab Emirates"), ("UZ", "Uzbekistan"), ("VN", "Vietnam"), ("YE", "Yemen"),
    ]),
    (Continent::Europe, &[
        ("AX", "Åland Islands"), ("AL", "Albania"), ("AD", "Andorra"), ("AT", "Austria"), ("BY", "Belarus"),
        ("BE", "Belgium"), ("BA", "Bosnia & Herzegovina"), ("BG", "Bulgaria"), ("HR", "Croatia"),
        ("CZ", "Czechia"), ("DK", "Denmark"), ("EE", "Estonia"), ("FO", "Faroe Islands"), ("FI", "Finland"),
        ("FR", "France"), ("DE", "Germany"), ("GI", "Gibraltar"), ("GR", "Greece"), ("GG", "Guernsey"),
        ("HU", "Hungary"), ("IS", "Iceland"), ("IE", "Ireland"), ("IM", "Isle of Man"), ("IT", "Italy"),
        ("JE", "Jersey"), ("XK", "Kosovo"), ("LV", "Latvia"), ("LI", "Liechtenstein"), ("LT", "Lithuania"),
        ("LU", "Luxembourg"), ("MT", "Malta"), ("MD", "Moldova"), ("MC", "Monaco"), ("ME", "Montenegro"),
        ("NL", "Netherlands"), ("MK", "North Macedonia"), ("NO", "Norway"), ("PL", "Poland"),
        ("PT", "Portugal"), ("RO", "Romania"), ("RU", "Russia"), ("SM", "San Marino"), ("RS", "Serbia"),
        ("SK", "Slovakia"), ("SI", "Slovenia"), ("ES", "Spain"), ("SJ", "Svalbard & Jan Mayen"),
        ("SE", "Sweden"), ("CH", "Switzerland"), ("UA", "Ukraine"), ("GB", "United Kingdom"),
        ("VA", "Vatican City"),
    ]),
    (Continent::Oceania, &[
        ("AS", "American Samoa"), ("AU", "Australia"), ("CX", "Christmas Island"),
        ("CC", "Cocos (Keeling) Islands"), ("CK", "Cook Islands"), ("FJ", "Fiji"),
        ("PF", "French Polynesia"), ("GU", "Guam"), ("HM", "Heard & McDonald Islands"), ("KI", "Kiribati"),
        ("MH", "Marshall Islands"), ("FM", "Micronesia"), ("NR", "Nauru"), ("NC", "New Caledonia"),
        ("NZ", "New Zealand"), ("NU", "Niue"), ("NF", "Norfolk Island"), ("MP", "Northern Mariana Islands"),
        ("PW", "Palau"), ("PG", "Papua New Guinea"), ("PN", "Pitcairn Islands"), ("WS", "Samoa"),
        ("SB", "Solomon Islands"), ("TK", "Tokelau"), ("TO", "Tonga"), ("TV", "Tuvalu"),
        ("UM", "U.S. Outlying Islands"), ("VU", "Vanuatu"), ("WF", "Wallis & Futuna"),
    ]),
    (Continent::Antarctica, &[
        ("AQ", "Antarctica"),
    ]),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_code_stands_once_and_each_list_goes_by_name() {
        let codes: Vec<_> = COUNTRIES.iter().flat_map(|(_, all)| *all).map(|(code, _)| *code).collect();
        let once: BTreeSet<_> = codes.iter().collect();
        assert_eq!((codes.len(), once.len()), (249 + 3, 249 + 3));
        assert!(codes.iter().all(|code| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase())));
        for (continent, all) in COUNTRIES {
            assert!(all.iter().all(|(_, name)| !name.is_empty()), "{continent:?}");
        }
        assert_eq!(name("DE"), Some("Germany"));
        assert_eq!(name("XX"), None);
    }

    #[test]
    fn every_country_that_a_number_can_belong_to_is_here() {
        let metadata = &phonenumber::metadata::DATABASE;
        let regions: BTreeSet<_> =
            (1..1000).filter_map(|code| metadata.region(&code)).flatten().map(ToOwned::to_owned).collect();
        assert!(regions.len() > 200);
        for region in regions.iter().filter(|region| region.as_str() != "001") {
            assert!(name(region).is_some(), "{region}");
        }
    }
}
