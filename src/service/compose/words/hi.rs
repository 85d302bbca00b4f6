//! Hindi.

use super::{BackupMailWords, MailWords, RemovedMailWords, ShortBackupWords, ShortWords, VoiceWords, Words};

pub(super) const WORDS: Words = Words {
    language: "hi",
    gap: " ",
    minutes: |n| format!("{n} मिनट"),
    mail: MailWords {
        sign_in_subject: |app| format!("{app} के लिए आपका साइन-इन कोड"),
        action_subject: |app| format!("{app} के लिए आपका पुष्टि कोड"),
        preview: |minutes| format!("{minutes} तक मान्य। यह अनुरोध आपने नहीं किया? तो इस ईमेल पर ध्यान न दें।"),
        sign_in_heading: "आपका साइन-इन कोड",
        action_heading: "पुष्टि करें कि यह आप ही हैं",
        sign_in_lead: |app| format!("{app} में साइन इन करने के लिए इस कोड का उपयोग करें:"),
        action_lead: |app| format!("{app} के इस कोड का उपयोग केवल इसके लिए करें:"),
        valid: |minutes| format!("यह कोड {minutes} तक मान्य है।"),
        never_tell: |app| format!("{app} आपसे यह कोड किसी को भेजने या बताने के लिए कभी नहीं कहेगा।"),
        not_you: "अगर यह अनुरोध आपने नहीं किया, तो इस ईमेल पर ध्यान न दें: कोड के बिना कुछ नहीं होगा।",
    },
    backup_mail: BackupMailWords {
        subject: |app| format!("{app} के लिए आपके बैकअप कोड"),
        preview: "इन्हें सुरक्षित रखें। हर कोड केवल एक बार काम करता है; पुराने कोड अब काम नहीं करेंगे।",
        heading: "आपके नए बैकअप कोड",
        intro: |app| format!("{app} के लिए आपके नए बैकअप कोड ये हैं।"),
        how_to_use: "अगर आपको सामान्य तरीके से कोड न मिले, तो इनमें से कोई एक दर्ज करें। हर कोड केवल एक बार काम करता है।",
        keep: "इन्हें ऐसी जगह रखें जहाँ केवल आप इन्हें ढूँढ सकें: किसी पासवर्ड मैनेजर में, या काग़ज़ पर अपने ज़रूरी दस्तावेज़ों के साथ। \
               फिर इस ईमेल को मिटा दें।",
        older: "आपके पुराने बैकअप कोड, अगर थे, अब काम नहीं करेंगे।",
        not_you: |app| {
            format!(
                "अगर आपने ये कोड नहीं माँगे, तो हो सकता है कि किसी और के पास आपके खाते का ऐक्सेस हो: {app} में साइन इन करें \
                 और नए कोड बनाएँ।"
            )
        },
    },
    removed_mail: RemovedMailWords {
        subject: |app| format!("{app}: साइन-इन का एक तरीका हटाया गया"),
        heading: "साइन-इन का एक तरीका हटाया गया",
        app: |app| format!("आपके {app} खाते से एक ऑथेंटिकेटर ऐप हटाया गया है। उसके कोड अब काम नहीं करेंगे।"),
        key: |app| format!("आपके {app} खाते से एक सुरक्षा कुंजी हटाई गई है। वह अब काम नहीं करेगी।"),
        by: |app| format!("यह {app} ने किया है, उदाहरण के लिए इसलिए कि आपने मदद माँगी थी।"),
        not_you: |app| {
            format!(
                "अगर आपको इसकी उम्मीद नहीं थी, तो तुरंत {app} से संपर्क करें: हो सकता है कि कोई आपके खाते में घुसने की कोशिश कर रहा हो।"
            )
        },
    },
    short: ShortWords {
        sign_in: |code, app| format!("{code} आपका {app} साइन-इन कोड है।"),
        confirm: |code, app| format!("{code} आपका {app} पुष्टि कोड है।"),
        only_for: |action| format!("केवल इसके लिए: {action}"),
        valid: |minutes| format!("{minutes} तक मान्य।"),
        never_tell: "इसे किसी को न बताएँ।",
        not_you: "आपने अनुरोध नहीं किया? इस संदेश पर ध्यान न दें।",
    },
    short_backup: ShortBackupWords {
        lead: |app| format!("आपके {app} बैकअप कोड:"),
        once: "हर कोड केवल एक बार काम करता है। पुराने कोड अब काम नहीं करेंगे।",
        not_you: "आपने ये नहीं माँगे? साइन इन करें और नए कोड बनाएँ।",
    },
    voice: VoiceWords {
        hello: |app| format!("नमस्ते, यह {app} की ओर से कॉल है।"),
        sign_in: "आपका साइन-इन कोड है:",
        only_for: |action| format!("यह कोड केवल इसके लिए है: {action}।"),
        confirm: "आपका कोड है:",
        again: "फिर से:",
        not_you: "अगर यह अनुरोध आपने नहीं किया, तो फ़ोन रख दें।",
        goodbye: "नमस्ते।",
    },
};
