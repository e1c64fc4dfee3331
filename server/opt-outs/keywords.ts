const STOP = new Set(["STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL", "BERHENTI"]);

/** Whether a message, as a whole, is a word that ends or resumes messaging. A sentence that contains one is not. */
export function readKeyword(text: string | null): "stop" | "start" | null {
  const word = text?.normalize("NFKC").trim().toUpperCase() ?? "";
  if (STOP.has(word)) return "stop";
  return word === "START" ? "start" : null;
}
