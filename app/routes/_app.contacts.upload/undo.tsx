import type { ButtonProps } from "@mantine/core";
import { ResetIcon } from "@radix-ui/react-icons";
import { ConfirmButton } from "../../components/confirm-button.tsx";
import { count } from "../../lib/format.ts";
import type { RecentImport } from "./load.ts";

/** Takes a whole import back; says beforehand what that does. */
export function Undo({
  import: { id, fileName, listName, counts },
  ...props
}: ButtonProps & { import: Pick<RecentImport, "id" | "fileName" | "listName" | "counts"> }) {
  return (
    <ConfirmButton
      intent="undo"
      fields={{ importId: id }}
      label="Undo"
      title={`Undo the import of ${fileName}?`}
      confirm="Undo the import"
      leftSection={<ResetIcon aria-hidden />}
      {...props}
    >
      {counts.valid > 0 && `${count(counts.valid, "contact is", "contacts are")} removed from ${listName}. `}
      {counts.updated > 0 && `${count(counts.updated, "contact is", "contacts are")} set back as they were. `}
      Whoever lost their consent by it has it again. A list that this import made goes too, if nobody else is on it.
      Opt-outs stay.
    </ConfirmButton>
  );
}
