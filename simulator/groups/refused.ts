/** Something a group does not allow, in a sentence that says what to do. */
export class GroupRefused extends Error {
  readonly status: 400 | 403 | 404 | 409;
  constructor(status: 400 | 403 | 404 | 409, sentence: string) {
    super(sentence);
    this.status = status;
  }
}
