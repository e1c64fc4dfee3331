import { Button, Group, Menu, Text } from "@mantine/core";
import {
  BookmarkIcon,
  CheckCircledIcon,
  ChevronDownIcon,
  CircleBackslashIcon,
  MinusCircledIcon,
  PlusCircledIcon,
  TrashIcon,
} from "@radix-ui/react-icons";
import { count } from "../../lib/format.ts";

export type BulkAct = "tag" | "addToList" | "removeFromList" | "recordConsent" | "withdrawConsent" | "remove";

/** What can be done with the people who are chosen. */
export function BulkBar({
  chosen,
  listName,
  onAct,
  onClear,
}: {
  chosen: number;
  /** Of the list that is shown, when one is. */
  listName: string | undefined;
  onAct: (act: BulkAct) => void;
  onClear: () => void;
}) {
  return (
    <Group gap="xs" role="group" aria-label="With the people chosen">
      <Text fw={600} size="sm" role="status">
        {count(chosen, "person", "people")} chosen
      </Text>
      <Button size="xs" variant="default" leftSection={<BookmarkIcon aria-hidden />} onClick={() => onAct("tag")}>
        Tag
      </Button>
      <Button
        size="xs"
        variant="default"
        leftSection={<PlusCircledIcon aria-hidden />}
        onClick={() => onAct("addToList")}
      >
        Add to a list
      </Button>
      <Menu position="bottom-start" withinPortal>
        <Menu.Target>
          <Button size="xs" variant="default" rightSection={<ChevronDownIcon aria-hidden />}>
            More
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<CheckCircledIcon aria-hidden />} onClick={() => onAct("recordConsent")}>
            Record that they agreed
          </Menu.Item>
          <Menu.Item leftSection={<CircleBackslashIcon aria-hidden />} onClick={() => onAct("withdrawConsent")}>
            Withdraw their consent
          </Menu.Item>
          {listName !== undefined && (
            <Menu.Item leftSection={<MinusCircledIcon aria-hidden />} onClick={() => onAct("removeFromList")}>
              Take off {listName}
            </Menu.Item>
          )}
          <Menu.Divider />
          <Menu.Item color="red" leftSection={<TrashIcon aria-hidden />} onClick={() => onAct("remove")}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Button size="xs" variant="subtle" onClick={onClear}>
        Choose nobody
      </Button>
    </Group>
  );
}
