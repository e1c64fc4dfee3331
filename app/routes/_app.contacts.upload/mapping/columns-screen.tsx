import { count } from "../../../lib/format.ts";
import { Discard, Frame } from "../frame.tsx";
import type { ImportPreview } from "../load.ts";
import { ColumnsForm } from "./columns-form.tsx";
import type { Countries } from "./countries.server.ts";
import { OneColumn } from "./one-column.tsx";
import { ReadingOptions } from "./reading-options.tsx";

/** The second step: how the file is read, and what each of its columns is. */
export function ColumnsScreen({ preview, countries }: { preview: ImportPreview; countries: Countries }) {
  const { fileName, total, contactListId, listName, readOptions, titles } = preview;
  const alone = titles.length < 2;
  const next = alone ? "Its columns have to be told apart first." : "Say what its columns are.";
  return (
    <Frame
      step="Columns"
      title={fileName}
      lead={`${count(total, "row")} for ${contactListId ? "" : "the new list "}“${listName}”. ${next}`}
      actions={<Discard preview={preview} />}
    >
      <ReadingOptions preview={preview} />
      {/* Read in another way it is another file: the choices begin anew. */}
      {alone ? (
        <OneColumn preview={preview} />
      ) : (
        <ColumnsForm key={JSON.stringify([readOptions, titles])} preview={preview} countries={countries} />
      )}
    </Frame>
  );
}
