import { Alert, Group, Stack, Text } from "@mantine/core";
import { ResetIcon } from "@radix-ui/react-icons";
import { useSearchParams } from "@remix-run/react";
import { ButtonForm, SubmitButton } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { count } from "../../lib/format.ts";
import { withSearch } from "../../lib/params.ts";
import type { RecentImport, UndoState } from "./load.ts";

type Imported = Pick<RecentImport, "id" | "fileName" | "listName" | "counts">;

/** The way to `UndoQuestion`: only there it is looked at whether the import can be undone. */
export function UndoLink() {
  const [search] = useSearchParams();
  return (
    <LinkButton
      to={withSearch(search, { step: "undo" })}
      variant="default"
      leftSection={<ResetIcon aria-hidden />}
      preventScrollReset
    >
      Undo
    </LinkButton>
  );
}

/** Takes a whole import back; says beforehand what that does, or why it cannot be done. */
export function UndoQuestion({ import: imported, undo }: { import: Imported; undo: UndoState }) {
  const [search] = useSearchParams();
  const back = withSearch(search, { step: null });
  const { id, fileName, listName, counts } = imported;
  if (!undo.possible) {
    return (
      <Alert color="gray" icon={<ResetIcon aria-hidden />} title="This import cannot be undone any more">
        {undo.why}
      </Alert>
    );
  }
  return (
    <Alert color="red" icon={<ResetIcon aria-hidden />} title={`Undo the import of ${fileName}?`}>
      <Stack gap="sm">
        <Text size="sm">
          {counts.valid > 0 && `${count(counts.valid, "contact is", "contacts are")} removed from ${listName}. `}
          {counts.updated > 0 && `${count(counts.updated, "contact is", "contacts are")} set back as they were. `}
          Whoever lost their consent by it has it again. A list that this import made goes too, if nobody else is on it.
          Opt-outs stay.
        </Text>
        <Group>
          <ButtonForm intent="undo" fields={{ importId: id }}>
            <SubmitButton intent="undo" color="red">
              Undo the import
            </SubmitButton>
          </ButtonForm>
          <LinkButton to={back} variant="default" preventScrollReset>
            Keep it
          </LinkButton>
        </Group>
      </Stack>
    </Alert>
  );
}
