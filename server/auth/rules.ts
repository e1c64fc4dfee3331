/** Passwords that lists of leaked ones begin with and that are long enough to pass the length rule. */
const COMMON = new Set([
  "123456789012",
  "1234567890123",
  "12345678901234",
  "123456123456",
  "123123123123",
  "111111111111",
  "000000000000",
  "qwertyuiop12",
  "qwertyuiop123",
  "qwertyuiopasdf",
  "qwerty123456",
  "1q2w3e4r5t6y",
  "1qaz2wsx3edc",
  "asdfghjkl123",
  "password1234",
  "password12345",
  "password123456",
  "passwordpassword",
  "mypassword123",
  "welcome12345",
  "welcome123456",
  "iloveyou1234",
  "iloveyou12345",
  "letmein12345",
  "administrator",
  "administrator1",
  "changeme1234",
  "abcdefghijkl",
  "abc123abc123",
  "abcd1234abcd",
  "sayangsayang",
  "indonesia123",
  "indonesia1234",
  "bismillah123",
  "rahasia12345",
  "whatsapp1234",
  "whatsapp12345",
  "masssender123",
  "masssender1234",
  "correcthorsebatterystaple",
]);

export const PASSWORD_MIN_CHARACTERS = 12;
export const PASSWORD_MAX_BYTES = 128;

/** What is wrong with a password, as a sentence; null when it will do. */
export function passwordProblem(password: string, email: string): string | null {
  if (Array.from(password).length < PASSWORD_MIN_CHARACTERS)
    return `Use at least ${PASSWORD_MIN_CHARACTERS} characters.`;
  // Argon2 hashes any length: the cap keeps a huge one from costing a second of CPU.
  if (new TextEncoder().encode(password).length > PASSWORD_MAX_BYTES) return `Use at most ${PASSWORD_MAX_BYTES} bytes.`;
  const plain = password.toLowerCase();
  if (COMMON.has(plain)) return "This password is on the lists of common ones. Choose another.";
  if (new Set(plain).size < 4) return "Use more different characters.";
  const account = email.toLowerCase().split("@")[0] ?? "";
  if (plain === email.toLowerCase() || (account.length >= 4 && plain.replaceAll(account, "").length < 6)) {
    return "Do not build the password from your e-mail address.";
  }
  return null;
}

/** Whether the browser and the server know this IANA time zone. */
export function isTimeZone(tz: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: tz });
    return true;
  } catch {
    return false;
  }
}
