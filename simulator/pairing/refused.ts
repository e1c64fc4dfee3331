/** A link that cannot be made; the status is what an HTTP caller should see. */
export class LinkRefused extends Error {
  readonly status: 400 | 409;
  constructor(status: 400 | 409, sentence: string) {
    super(sentence);
    this.status = status;
  }
}
