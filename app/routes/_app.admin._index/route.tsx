import { Button, Group, Stack, Text, TextInput, Title } from "@mantine/core";
import { MagnifyingGlassIcon } from "@radix-ui/react-icons";
import type { LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Form, useLoaderData } from "@remix-run/react";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { GrantTable } from "../../components/grant-table.tsx";
import { TextLink } from "../../components/link-button.tsx";
import { Day } from "../../components/moment.tsx";
import { Page } from "../../components/page.tsx";
import { formatNumber } from "../../lib/format.ts";

export const meta: MetaFunction = () => [{ title: "Administration · MassSender" }];

export async function loader({ context, request }: LoaderFunctionArgs) {
  const { admin } = context.api;
  const q = (new URL(request.url).searchParams.get("q") ?? "").trim().slice(0, 254);
  const [users, grants] = await Promise.all([admin.users({ q }), admin.grants()]);
  return { q, users, grants };
}

type User = Awaited<ReturnType<typeof loader>>["users"][number];

const columns: Column<User>[] = [
  {
    header: "E-mail address",
    cell: (user) => (
      <>
        <TextLink to={`/admin/users/${user.id}`}>{user.email}</TextLink>
        {user.isAdmin && ", administrator"}
      </>
    ),
    wide: true,
  },
  { header: "Opened", cell: (user) => <Day at={user.createdAt} />, tight: true },
  { header: "Plan", cell: (user) => <Plan user={user} />, tight: true },
  { header: "Points available", cell: (user) => formatNumber(user.available), figures: true },
];

function Plan({ user }: { user: User }) {
  if (user.planNone) return <>no plan yet</>;
  return (
    <>
      {user.planActive ? "until " : "ended "}
      <Day at={user.planExpiresAt} />
    </>
  );
}

export default function Accounts() {
  const { q, users, grants } = useLoaderData<typeof loader>();
  return (
    <Page title="Accounts" lead="Look an account up to see its points and its plan, and to give it some.">
      <Form method="get" role="search">
        <Group align="flex-end" gap="sm">
          <TextInput
            key={q}
            name="q"
            type="search"
            label="E-mail address, or a part of it"
            defaultValue={q}
            leftSection={<MagnifyingGlassIcon aria-hidden />}
            style={{ flex: "1 1 16rem" }}
            maw={420}
          />
          <Button type="submit" variant="default">
            Look up
          </Button>
        </Group>
      </Form>
      <Stack gap="xs">
        <Text c="dimmed" size="sm">
          {q === "" ? "The accounts that were opened last:" : `Addresses with “${q}” in them, at most 20:`}
        </Text>
        <DataTable
          caption="Accounts"
          columns={columns}
          rows={users}
          rowKey={(user) => user.id}
          empty={`No account has “${q}” in its address.`}
        />
      </Stack>
      <Stack gap="xs" component="section" aria-labelledby="given">
        <Title order={2} id="given">
          Given lately
        </Title>
        <GrantTable grants={grants} whose />
      </Stack>
    </Page>
  );
}
