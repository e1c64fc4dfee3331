// Old Node versions must be able to read this file and those that import it: no syntax newer than `import()`.

const OLDEST_MAJOR = 20;
const OLDEST_MINOR = 19;

/**
 * @param {string} version as in `process.versions.node`
 * @returns {string | undefined} one sentence when this Node is too old for the product
 */
export function nodeComplaint(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > OLDEST_MAJOR || (major === OLDEST_MAJOR && minor >= OLDEST_MINOR)) return undefined;
  return `MassSender needs Node ${OLDEST_MAJOR}.${OLDEST_MINOR} or newer, this is Node ${version}: install a newer one from https://nodejs.org.`;
}

/** Ends the process with one sentence when this Node is too old. */
export function requireNode() {
  const complaint = nodeComplaint(process.versions.node);
  if (!complaint) return;
  console.error(complaint);
  process.exit(1);
}
