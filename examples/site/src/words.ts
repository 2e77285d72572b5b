import type { Language } from "./site-env.js";

/** What every site says. An app adds its own sentences; a language that lacks one does not compile. */
export interface SiteWords {
  readonly siteName: string;
  readonly thisLanguage: string;
  readonly switchLanguage: string;
  readonly skipToContent: string;
  readonly navigation: string;
  readonly logIn: string;
  readonly logOut: string;
  readonly signUp: string;
  readonly email: string;
  readonly password: string;
  readonly newPasswordHint: string;
  readonly yourName: string;
  readonly noAccountYet: string;
  readonly haveAccount: string;
  readonly logInFailed: string;
  readonly tooManyAttempts: string;
  readonly emailTaken: string;
  readonly notFound: string;
  readonly notFoundText: string;
  readonly failed: string;
  readonly failedText: (requestId: string) => string;
  readonly refused: string;
  readonly forbiddenText: string;
  readonly formExpired: string;
  readonly toStart: string;
  readonly fixThese: string;
  readonly optional: string;
  readonly isMissing: string;
  readonly isTooLong: (most: number) => string;
  readonly isTooShort: (least: number) => string;
  readonly isNoEmail: string;
  readonly isNoAmount: string;
  readonly isNoNumber: (least: number, most: number) => string;
  readonly isNoChoice: string;
  readonly edit: string;
  readonly remove: string;
  readonly save: string;
  readonly cancel: string;
  readonly newer: string;
  readonly older: string;
  readonly pages: string;
  readonly photos: {
    readonly photos: string;
    readonly add: string;
    readonly hint: string;
    readonly alreadyUploaded: string;
    readonly describe: (number: number) => string;
    readonly describeHint: string;
    readonly moveForward: (number: number) => string;
    readonly moveBack: (number: number) => string;
    readonly remove: (number: number) => string;
    readonly forward: string;
    readonly back: string;
    readonly take: string;
    readonly photoOf: (title: string, number: number) => string;
  };
  readonly uploads: {
    readonly tooLarge: string;
    readonly tooMany: string;
    readonly notAccepted: string;
    readonly broken: string;
    readonly empty: string;
    readonly failed: string;
  };
  /** The short messages on the page after something was done, by their keys. */
  readonly notices: Readonly<Record<string, string>> & { readonly loggedIn: string; readonly loggedOut: string };
}

/** What an app adds to `siteWords`: all its own, and the two that only it knows. */
export interface OwnWords {
  readonly siteName: string;
  readonly notices: Readonly<Record<string, string>>;
}

type Common = Omit<SiteWords, "siteName" | "notices"> & { readonly notices: Pick<SiteWords["notices"], "loggedIn" | "loggedOut"> };

const en: Common = {
  thisLanguage: "English",
  switchLanguage: "Language",
  skipToContent: "Skip to the content",
  navigation: "Main",
  logIn: "Log in",
  logOut: "Log out",
  signUp: "Sign up",
  email: "E-mail address",
  password: "Password",
  newPasswordHint: "At least ten characters. A sentence is good.",
  yourName: "Your name",
  noAccountYet: "No account yet?",
  haveAccount: "Have an account already?",
  logInFailed: "There is no account with this e-mail address and password.",
  tooManyAttempts: "Too many attempts. Wait a quarter of an hour, then try again.",
  emailTaken: "There is an account with this e-mail address already.",
  notFound: "There is nothing here",
  notFoundText: "The page has moved, or never was. The address may have been copied incompletely.",
  failed: "Something went wrong",
  failedText: (requestId) => `It is our fault, and it has been noted. If you write to us, mention ${requestId}.`,
  refused: "That cannot be done",
  forbiddenText: "This page is for others. You may have to log in with another account.",
  formExpired: "The form was open for too long, or came from another site. Open the page anew and send it again.",
  toStart: "Back to the start",
  fixThese: "Please look at these again:",
  optional: "optional",
  isMissing: "Please fill this in.",
  isTooLong: (most) => `This is longer than ${most} characters.`,
  isTooShort: (least) => `This has fewer than ${least} characters.`,
  isNoEmail: "This is not an e-mail address.",
  isNoNumber: (least, most) => `This is not a whole number from ${least} to ${most}.`,
  isNoAmount: "This is not an amount, such as 12 or 12.50.",
  isNoChoice: "Please choose one of the list.",
  edit: "Edit",
  remove: "Delete",
  save: "Save",
  cancel: "Cancel",
  newer: "Newer",
  older: "Older",
  pages: "Pages",
  photos: {
    photos: "Pictures",
    add: "Add pictures",
    hint: "Several at once, up to twelve of 20 MB. The first one is shown in lists.",
    alreadyUploaded: "Already uploaded:",
    describe: (number) => `What picture ${number} shows`,
    describeHint: "Read out to who cannot see it.",
    moveForward: (number) => `Move picture ${number} forward`,
    moveBack: (number) => `Move picture ${number} back`,
    remove: (number) => `Remove picture ${number}`,
    forward: "Forward",
    back: "Back",
    take: "Remove",
    photoOf: (title, number) => `${title}, picture ${number}`,
  },
  uploads: {
    tooLarge: "is too large.",
    tooMany: "is one file too many.",
    notAccepted: "is no picture that we can show. Send a JPEG, PNG, WebP, AVIF or GIF.",
    broken: "is damaged or incomplete.",
    empty: "is empty.",
    failed: "could not be stored. Please try again.",
  },
  notices: { loggedIn: "You are logged in.", loggedOut: "You are logged out." },
};

const fr: Common = {
  thisLanguage: "Français",
  switchLanguage: "Langue",
  skipToContent: "Aller au contenu",
  navigation: "Principale",
  logIn: "Se connecter",
  logOut: "Se déconnecter",
  signUp: "S’inscrire",
  email: "Adresse e-mail",
  password: "Mot de passe",
  newPasswordHint: "Au moins dix caractères. Une phrase convient bien.",
  yourName: "Votre nom",
  noAccountYet: "Pas encore de compte ?",
  haveAccount: "Vous avez déjà un compte ?",
  logInFailed: "Aucun compte ne correspond à cette adresse et à ce mot de passe.",
  tooManyAttempts: "Trop de tentatives. Patientez un quart d’heure, puis réessayez.",
  emailTaken: "Un compte existe déjà avec cette adresse.",
  notFound: "Il n’y a rien ici",
  notFoundText: "La page a été déplacée ou n’a jamais existé. L’adresse a peut-être été copiée en partie seulement.",
  failed: "Une erreur est survenue",
  failedText: (requestId) => `C’est notre faute, et elle a été notée. Si vous nous écrivez, indiquez ${requestId}.`,
  refused: "C’est impossible",
  forbiddenText: "Cette page est réservée à d’autres. Il faut peut-être vous connecter avec un autre compte.",
  formExpired: "Le formulaire est resté ouvert trop longtemps ou vient d’un autre site. Rouvrez la page et renvoyez-le.",
  toStart: "Retour à l’accueil",
  fixThese: "Merci de revoir ces points :",
  optional: "facultatif",
  isMissing: "Merci de remplir ce champ.",
  isTooLong: (most) => `Ce texte dépasse ${most} caractères.`,
  isTooShort: (least) => `Ce texte a moins de ${least} caractères.`,
  isNoEmail: "Ce n’est pas une adresse e-mail.",
  isNoNumber: (least, most) => `Ce n’est pas un nombre entier de ${least} à ${most}.`,
  isNoAmount: "Ce n’est pas un montant, comme 12 ou 12,50.",
  isNoChoice: "Merci de choisir dans la liste.",
  edit: "Modifier",
  remove: "Supprimer",
  save: "Enregistrer",
  cancel: "Annuler",
  newer: "Plus récents",
  older: "Plus anciens",
  pages: "Pages",
  photos: {
    photos: "Photos",
    add: "Ajouter des photos",
    hint: "Plusieurs à la fois, jusqu’à douze de 20 Mo. La première est montrée dans les listes.",
    alreadyUploaded: "Déjà envoyées :",
    describe: (number) => `Ce que montre la photo ${number}`,
    describeHint: "Lu à voix haute à qui ne la voit pas.",
    moveForward: (number) => `Avancer la photo ${number}`,
    moveBack: (number) => `Reculer la photo ${number}`,
    remove: (number) => `Retirer la photo ${number}`,
    forward: "Avancer",
    back: "Reculer",
    take: "Retirer",
    photoOf: (title, number) => `${title}, photo ${number}`,
  },
  uploads: {
    tooLarge: "est trop volumineux.",
    tooMany: "est un fichier de trop.",
    notAccepted: "n’est pas une image que nous pouvons montrer. Envoyez un JPEG, PNG, WebP, AVIF ou GIF.",
    broken: "est endommagé ou incomplet.",
    empty: "est vide.",
    failed: "n’a pas pu être enregistré. Merci de réessayer.",
  },
  notices: { loggedIn: "Vous êtes connecté.", loggedOut: "Vous êtes déconnecté." },
};

const tr: Common = {
  thisLanguage: "Türkçe",
  switchLanguage: "Dil",
  skipToContent: "İçeriğe geç",
  navigation: "Ana menü",
  logIn: "Oturum aç",
  logOut: "Oturumu kapat",
  signUp: "Kaydol",
  email: "E-posta adresi",
  password: "Parola",
  newPasswordHint: "En az on karakter. Bir cümle uygundur.",
  yourName: "Adınız",
  noAccountYet: "Henüz hesabınız yok mu?",
  haveAccount: "Zaten hesabınız var mı?",
  logInFailed: "Bu e-posta adresi ve parolayla bir hesap yok.",
  tooManyAttempts: "Çok fazla deneme yapıldı. On beş dakika bekleyip yeniden deneyin.",
  emailTaken: "Bu e-posta adresiyle zaten bir hesap var.",
  notFound: "Burada bir şey yok",
  notFoundText: "Sayfa taşınmış ya da hiç var olmamış. Adres eksik kopyalanmış olabilir.",
  failed: "Bir sorun oluştu",
  failedText: (requestId) => `Hata bizde ve kaydedildi. Bize yazarsanız şu numarayı belirtin: ${requestId}.`,
  refused: "Bu yapılamaz",
  forbiddenText: "Bu sayfa başkaları için. Başka bir hesapla oturum açmanız gerekebilir.",
  formExpired: "Form çok uzun süre açık kaldı ya da başka bir siteden geldi. Sayfayı yeniden açıp tekrar gönderin.",
  toStart: "Başa dön",
  fixThese: "Lütfen şunlara yeniden bakın:",
  optional: "isteğe bağlı",
  isMissing: "Lütfen burayı doldurun.",
  isTooLong: (most) => `Bu metin ${most} karakterden uzun.`,
  isTooShort: (least) => `Bu metin ${least} karakterden kısa.`,
  isNoEmail: "Bu bir e-posta adresi değil.",
  isNoNumber: (least, most) => `Bu, ${least} ile ${most} arasında bir tam sayı değil.`,
  isNoAmount: "Bu bir tutar değil; örneğin 12 ya da 12,50 yazın.",
  isNoChoice: "Lütfen listeden seçin.",
  edit: "Düzenle",
  remove: "Sil",
  save: "Kaydet",
  cancel: "Vazgeç",
  newer: "Daha yeni",
  older: "Daha eski",
  pages: "Sayfalar",
  photos: {
    photos: "Fotoğraflar",
    add: "Fotoğraf ekle",
    hint: "Aynı anda birkaç tane; en çok on iki, her biri en çok 20 MB. Listelerde ilki gösterilir.",
    alreadyUploaded: "Yüklenmiş olanlar:",
    describe: (number) => `${number}. fotoğrafta ne var`,
    describeHint: "Göremeyenlere sesli okunur.",
    moveForward: (number) => `${number}. fotoğrafı öne al`,
    moveBack: (number) => `${number}. fotoğrafı geri al`,
    remove: (number) => `${number}. fotoğrafı çıkar`,
    forward: "Öne al",
    back: "Geri al",
    take: "Çıkar",
    photoOf: (title, number) => `${title}, ${number}. fotoğraf`,
  },
  uploads: {
    tooLarge: "çok büyük.",
    tooMany: "fazladan bir dosya.",
    notAccepted: "gösterebileceğimiz bir resim değil. JPEG, PNG, WebP, AVIF ya da GIF gönderin.",
    broken: "bozuk ya da eksik.",
    empty: "boş.",
    failed: "kaydedilemedi. Lütfen yeniden deneyin.",
  },
  notices: { loggedIn: "Oturum açıldı.", loggedOut: "Oturum kapatıldı." },
};

const common: Readonly<Record<Language, Common>> = { en, fr, tr };

/** Join what every site says in a language with what the app says. */
export function wordsIn<Own extends OwnWords>(language: Language, own: Own): Common & Own {
  return { ...common[language], ...own, notices: { ...common[language].notices, ...own.notices } };
}
