/** What must never be printed, by anything that runs in a test: the marks of private keys and of libsignal's session dumps. */
const MARKS = [
  /privKey/,
  /(Closing|Opening|Removing old closed) session/,
  /Session already closed/,
  /SessionEntry/,
  /ephemeralKeyPair/i,
  /currentRatchet/,
  /rootKey/,
  /signedIdentityKey/,
  /noiseKey/,
  /advSecretKey/,
  // The SESSION_KEY of the tests (32 bytes of 7), in base64 and in hex.
  /(BwcH){4}/,
  /(07){16}/,
];
/** A mark may be cut in two by the end of a chunk. */
const TAIL = 60;

const leaks: string[] = [];

/** The mark of a secret that this text holds, if any. */
export function findLeak(text: string): string | undefined {
  return MARKS.map((mark) => mark.exec(text)?.[0]).find((found) => found !== undefined);
}

/** Looks through an output, chunk by chunk, and keeps what it finds for `takeLeaks`. */
export function watchOutput(where: string): (chunk: string) => void {
  let tail = "";
  return (chunk) => {
    const text = tail + chunk;
    const found = findLeak(text);
    if (found !== undefined) leaks.push(`${where} printed "${found}"`);
    // Found once, it is not found again in the rest.
    tail = found === undefined ? text.slice(-TAIL) : "";
  };
}

/** What was found since the last call. */
export function takeLeaks(): string[] {
  return leaks.splice(0);
}
