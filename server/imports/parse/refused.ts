/** A file that cannot be read as contacts; the message is for the person who uploaded it. */
export class FileRefused extends Error {}

export const damagedFile = () =>
  new FileRefused("The file is damaged or incomplete. Open it, save it again as .xlsx and upload that.");
