/** A file that cannot be read as contacts; the message is for the person who uploaded it. */
export class FileRefused extends Error {}

export const damagedFile = () =>
  new FileRefused("The file is damaged or incomplete. Open it, save it again as .xlsx and upload that.");

export const emptyFile = () => new FileRefused("The file is empty. Its first row must be: name, phone_e164, consent.");

/** How many rows (without the header) and columns are read. */
export interface Limits {
  rows: number;
  columns: number;
}

export const tooManyRows = ({ rows }: Limits) =>
  new FileRefused(`The file has more than ${rows} rows. Split it and import the parts.`);

/** @param column position from 0 */
export const tooManyColumns = (rowNo: number, column: number, { columns }: Limits) =>
  new FileRefused(`Row ${rowNo} has a cell in column ${column + 1}; at most ${columns} columns are read.`);
