/** A reason not to start. The message is one clear sentence for the person at the terminal; no stack is shown. */
export class StartError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "StartError";
  }
}
