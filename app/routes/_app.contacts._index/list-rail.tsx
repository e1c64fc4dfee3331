import { ActionIcon, Box, Button, Group, NavLink, ScrollArea, Stack, Text } from "@mantine/core";
import { ListBulletIcon, PersonIcon, PlusIcon } from "@radix-ui/react-icons";
import { Form, Link, useNavigate } from "@remix-run/react";
import { FilterSelect } from "../../components/filter-fields.tsx";
import { count, formatNumber } from "../../lib/format.ts";
import type { ContactList } from "./load.ts";

interface Props {
  lists: readonly ContactList[];
  chosen: string | undefined;
  onNew: () => void;
}

/** The lists beside the people, on a screen that has room for both. */
export function ListRail({ lists, chosen, onNew }: Props) {
  return (
    <Box
      component="nav"
      aria-label="Contact lists"
      visibleFrom="sm"
      w={196}
      pos="sticky"
      top={76}
      style={{ flexShrink: 0 }}
    >
      <Stack gap="xs">
        <ScrollArea.Autosize mah="70vh" type="auto" scrollbars="y" viewportProps={{ tabIndex: -1 }}>
          <Stack gap={2}>
            <Place to="/contacts" label="Everybody" icon={PersonIcon} here={chosen === undefined} />
            {lists.map(({ id, name, total }) => (
              <Place
                key={id}
                to={`/contacts?list=${id}`}
                label={name}
                count={total}
                icon={ListBulletIcon}
                here={id === chosen}
              />
            ))}
          </Stack>
        </ScrollArea.Autosize>
        <Button variant="default" size="xs" leftSection={<PlusIcon aria-hidden />} onClick={onNew}>
          New list
        </Button>
      </Stack>
    </Box>
  );
}

/** The same choice on a phone. */
export function ListSelect({ lists, chosen, onNew }: Props) {
  const navigate = useNavigate();
  return (
    <Box component={Form} method="get" action="/contacts" hiddenFrom="sm">
      <Group gap="xs" align="flex-end">
        <FilterSelect
          name="list"
          label="List"
          value={chosen ?? ""}
          onChoose={(value) => navigate(value ? `/contacts?list=${value}` : "/contacts")}
          data={[
            { value: "", label: "Everybody" },
            ...lists.map(({ id, name, total }) => ({
              value: id,
              label: `${name} (${count(total, "person", "people")})`,
            })),
          ]}
          flex={1}
        />
        <ActionIcon variant="default" size={36} aria-label="New list" onClick={onNew}>
          <PlusIcon aria-hidden />
        </ActionIcon>
        <noscript>
          <Button type="submit" variant="default">
            Show
          </Button>
        </noscript>
      </Group>
    </Box>
  );
}

function Place({
  to,
  label,
  count,
  icon: Sign,
  here,
}: {
  to: string;
  label: string;
  count?: number;
  icon: typeof PersonIcon;
  here: boolean;
}) {
  return (
    <NavLink
      component={Link}
      to={to}
      label={label}
      active={here}
      aria-current={here ? "page" : undefined}
      leftSection={<Sign aria-hidden />}
      rightSection={
        count === undefined ? null : (
          <Text span size="xs" c="dimmed">
            {formatNumber(count)}
          </Text>
        )
      }
      style={{ borderRadius: "var(--mantine-radius-md)" }}
      styles={{ label: { overflowWrap: "anywhere", whiteSpace: "normal" } }}
      px="xs"
    />
  );
}
