const STOP = new Set(["STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL", "BERHENTI"]);
const YES = new Set(["YES", "Y", "YA", "IYA"]);
const INDONESIAN = new Set(["BERHENTI"]);

export interface Keyword {
  /** `yes` only means something from a person who was asked. */
  type: "stop" | "start" | "yes";
  /** The word itself, in capitals. */
  word: string;
}

/**
 * Whether a message, as a whole, is one of the words that say whether somebody wants messages. Capitals, width, and signs
 * around the word ("stop!", "*STOP*") do not matter; a sentence that contains one is none.
 */
export function readKeyword(text: string | null): Keyword | null {
  const word = (text ?? "")
    .normalize("NFKC")
    .replace(/^[\p{P}\p{S}\p{C}\p{Z}\s\p{M}]+|[\p{P}\p{S}\p{C}\p{Z}\s\p{M}]+$/gu, "")
    .toUpperCase();
  if (STOP.has(word)) return { type: "stop", word };
  if (word === "START") return { type: "start", word };
  return YES.has(word) ? { type: "yes", word } : null;
}

/** What a person who opted out is told, once, in the language of the word they used. */
export function confirmationText(word: string): string {
  return INDONESIAN.has(word)
    ? "Anda tidak akan menerima pesan dari kami lagi. Tulis START jika Anda berubah pikiran."
    : "You will get no more messages from us. Write START if you change your mind.";
}
