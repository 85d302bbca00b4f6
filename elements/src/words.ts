// Every text that the elements show, in eight languages. `{n}` is a number of characters, `{t}` a time such as 0:25.
// A language is one line per element, in the order of KEYS: that is what keeps the module small.
import type { KeyErrorCode } from './webauthn.js';

const KEYS = [
  ...['alt', 'key', 'copy', 'copied', 'open'],
  ...['code', 'backup', 'tooShort', 'noCode', 'resend', 'resendIn'],
  ...['checking', 'register', 'use', 'waiting', 'unsupported', 'not_allowed', 'already_registered', 'not_supported'],
  ...['wrong_site', 'unknown'],
] as const;

type Word = (typeof KEYS)[number];

/** What can be given in `strings`. */
export type StringKey = Word | KeyErrorCode | 'bad_image' | 'copy_failed';

export type Strings = Partial<Record<StringKey, string>>;

/** Errors that a developer tells apart, and for which a user has to do the same thing. */
const SAME: Record<Exclude<StringKey, Word>, Word> = {
  aborted: 'not_allowed',
  timeout: 'not_allowed',
  insecure: 'wrong_site',
  constraint: 'not_supported',
  pending: 'unknown',
  bad_options: 'unknown',
  bad_image: 'unknown',
  copy_failed: 'unknown',
};

const WORDS: Record<string, string> = {
  en:
    'QR code for your authenticator app|No camera? Type this key into the app:|Copy key|Key copied|Open in your app|' +
    '{n}-digit code|Backup code|The code has {n} characters.|No single code was found in that text. Type it instead.|Send a new code|New code in {t}|' +
    'Checking…|Set up security key|Use security key|Follow the steps in your browser|This browser cannot use security keys. Use another browser, or another way.|Cancelled, or time ran out. Try again.|This key is already set up. Use another one.|This key cannot do what is needed here. Use another one.|Security keys do not work on this address.|That did not work. Reload the page and try again.',
  de:
    'QR-Code für Ihre Authenticator-App|Keine Kamera? Geben Sie diesen Schlüssel in die App ein:|Schlüssel kopieren|Schlüssel kopiert|In Ihrer App öffnen|' +
    '{n}-stelliger Code|Backup-Code|Der Code hat {n} Zeichen.|In diesem Text war kein eindeutiger Code. Tippen Sie ihn ein.|Neuen Code senden|Neuer Code in {t}|' +
    'Wird geprüft …|Sicherheitsschlüssel einrichten|Sicherheitsschlüssel verwenden|Folgen Sie den Schritten im Browser|Dieser Browser kann keine Sicherheitsschlüssel verwenden. Nehmen Sie einen anderen Browser oder Weg.|Abgebrochen oder Zeit abgelaufen. Versuchen Sie es erneut.|Dieser Schlüssel ist schon eingerichtet. Nehmen Sie einen anderen.|Dieser Schlüssel kann nicht, was hier nötig ist. Nehmen Sie einen anderen.|Sicherheitsschlüssel gehen auf dieser Adresse nicht.|Das ging nicht. Laden Sie die Seite neu und versuchen Sie es erneut.',
  fr:
    'Code QR pour votre application d’authentification|Pas d’appareil photo ? Saisissez cette clé dans l’application :|Copier la clé|Clé copiée|Ouvrir dans votre application|' +
    'Code à {n} chiffres|Code de secours|Le code compte {n} caractères.|Aucun code unique dans ce texte. Saisissez-le.|Envoyer un nouveau code|Nouveau code dans {t}|' +
    'Vérification…|Configurer la clé de sécurité|Utiliser la clé de sécurité|Suivez les étapes dans votre navigateur|Ce navigateur ne gère pas les clés de sécurité. Utilisez un autre navigateur ou un autre moyen.|Annulé ou délai dépassé. Réessayez.|Cette clé est déjà configurée. Utilisez-en une autre.|Cette clé ne peut pas faire ce qu’il faut ici. Utilisez-en une autre.|Les clés de sécurité ne fonctionnent pas à cette adresse.|Cela n’a pas marché. Rechargez la page et réessayez.',
  es:
    'Código QR para su aplicación de autenticación|¿Sin cámara? Escriba esta clave en la aplicación:|Copiar clave|Clave copiada|Abrir en su aplicación|' +
    'Código de {n} dígitos|Código de respaldo|El código tiene {n} caracteres.|No hay un único código en ese texto. Escríbalo.|Enviar un código nuevo|Código nuevo en {t}|' +
    'Comprobando…|Configurar llave de seguridad|Usar llave de seguridad|Siga los pasos en su navegador|Este navegador no admite llaves de seguridad. Use otro navegador u otro método.|Se canceló o se agotó el tiempo. Inténtelo de nuevo.|Esta llave ya está configurada. Use otra.|Esta llave no puede hacer lo que se necesita aquí. Use otra.|Las llaves de seguridad no funcionan en esta dirección.|No funcionó. Recargue la página e inténtelo de nuevo.',
  pt:
    'Código QR para o seu aplicativo autenticador|Sem câmera? Digite esta chave no aplicativo:|Copiar chave|Chave copiada|Abrir no seu aplicativo|' +
    'Código de {n} dígitos|Código de backup|O código tem {n} caracteres.|Não há um código único nesse texto. Digite-o.|Enviar um novo código|Novo código em {t}|' +
    'Verificando…|Configurar chave de segurança|Usar chave de segurança|Siga os passos no seu navegador|Este navegador não aceita chaves de segurança. Use outro navegador ou outro meio.|Cancelado ou tempo esgotado. Tente de novo.|Esta chave já está configurada. Use outra.|Esta chave não faz o que é necessário aqui. Use outra.|Chaves de segurança não funcionam neste endereço.|Não funcionou. Recarregue a página e tente de novo.',
  it:
    'Codice QR per la sua app di autenticazione|Niente fotocamera? Digiti questa chiave nell’app:|Copia chiave|Chiave copiata|Apri nell’app|' +
    'Codice di {n} cifre|Codice di backup|Il codice ha {n} caratteri.|Nessun codice univoco in quel testo. Lo digiti.|Invia un nuovo codice|Nuovo codice tra {t}|' +
    'Verifica in corso…|Configura chiave di sicurezza|Usa chiave di sicurezza|Segua i passaggi nel browser|Questo browser non supporta le chiavi di sicurezza. Usi un altro browser o un altro metodo.|Annullato o tempo scaduto. Riprovi.|Questa chiave è già configurata. Ne usi un’altra.|Questa chiave non può fare ciò che serve qui. Ne usi un’altra.|Le chiavi di sicurezza non funzionano a questo indirizzo.|Non ha funzionato. Ricarichi la pagina e riprovi.',
  ja:
    '認証アプリ用のQRコード|カメラがない場合は、このキーをアプリに入力してください：|キーをコピー|コピーしました|アプリで開く|' +
    '{n}桁のコード|バックアップコード|コードは{n}文字です。|コードを1つに特定できませんでした。直接入力してください。|新しいコードを送信|{t}後に再送信できます|' +
    '確認中…|セキュリティキーを登録|セキュリティキーを使う|ブラウザの案内に従ってください|このブラウザではセキュリティキーを使えません。別のブラウザか別の方法をお使いください。|キャンセルされたか、時間切れです。もう一度お試しください。|このキーは登録済みです。別のキーをお使いください。|このキーは必要な機能に対応していません。別のキーをお使いください。|このアドレスではセキュリティキーを使えません。|うまくいきませんでした。ページを再読み込みして、もう一度お試しください。',
  hi:
    'आपके ऑथेंटिकेटर ऐप के लिए QR कोड|कैमरा नहीं है? यह कुंजी ऐप में लिखें:|कुंजी कॉपी करें|कुंजी कॉपी हुई|अपने ऐप में खोलें|' +
    '{n} अंकों का कोड|बैकअप कोड|कोड में {n} अक्षर होते हैं।|उस टेक्स्ट में एक स्पष्ट कोड नहीं मिला। कोड लिखें।|नया कोड भेजें|{t} में नया कोड|' +
    'जाँच हो रही है…|सुरक्षा कुंजी सेट करें|सुरक्षा कुंजी इस्तेमाल करें|ब्राउज़र में दिए चरणों का पालन करें|यह ब्राउज़र सुरक्षा कुंजी नहीं चला सकता। दूसरा ब्राउज़र या तरीका लें।|रद्द हुआ या समय समाप्त हुआ। फिर कोशिश करें।|यह कुंजी पहले से सेट है। दूसरी कुंजी लें।|यह कुंजी यहाँ ज़रूरी काम नहीं कर सकती। दूसरी कुंजी लें।|इस पते पर सुरक्षा कुंजी नहीं चलती।|यह नहीं हो सका। पेज फिर लोड करें और फिर कोशिश करें।',
};

/** The texts of a BCP 47 language: `pt-BR` reads `pt`; a language that is not here reads English. */
export function words(language: string): Record<StringKey, string> {
  const name = language.toLowerCase().split(/[-_]/)[0]!;
  const list = (Object.hasOwn(WORDS, name) ? WORDS[name]! : WORDS['en']!).split('|');
  const found: Record<string, string> = {};
  KEYS.forEach((key, at) => (found[key] = list[at]!));
  for (const [key, word] of Object.entries(SAME)) found[key] = found[word]!;
  return found as Record<StringKey, string>;
}

/** The languages that are built in. */
export const languages = Object.keys(WORDS);
