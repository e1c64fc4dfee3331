import { NavLink, Stack, Text, Title } from "@mantine/core";
import { MobileIcon } from "@radix-ui/react-icons";
import { Link } from "@remix-run/react";
import { count } from "../../lib/format.ts";
import type { PhoneData } from "./load.ts";

export function PhonePicker({ phones, chosen }: { phones: PhoneData["phones"]; chosen: string | null }) {
  return (
    <Stack gap="xs" component="nav" aria-label="Phones">
      <Title order={2}>Phones</Title>
      {phones.length === 0 && <Text c="dimmed">None yet.</Text>}
      {phones.map((phone) => (
        <NavLink
          key={phone.phone}
          component={Link}
          to={`?${new URLSearchParams({ phone: phone.phone })}`}
          active={phone.phone === chosen}
          aria-current={phone.phone === chosen ? "true" : undefined}
          leftSection={<MobileIcon aria-hidden />}
          label={phone.name ?? phone.phone}
          description={`${phone.phone}, ${count(phone.devices.length, "linked device")}`}
        />
      ))}
    </Stack>
  );
}
