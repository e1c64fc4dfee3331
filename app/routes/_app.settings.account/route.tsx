import {
  Button,
  Group,
  Paper,
  SegmentedControl,
  SimpleGrid,
  Stack,
  Text,
  Title,
  useMantineColorScheme,
} from "@mantine/core";
import { ExitIcon } from "@radix-ui/react-icons";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { changePasswordInput, createTokenInput, tokenRef } from "#server/auth/schema.ts";
import { Figure } from "../../components/figure.tsx";
import { ButtonForm } from "../../components/form-parts.tsx";
import { LinkButton, TextLink } from "../../components/link-button.tsx";
import { Page } from "../../components/page.tsx";
import { form, submit } from "../../lib/submit.server.ts";
import { useAccount } from "../../lib/use-account.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { PasswordForm } from "./password-form.tsx";
import { Tokens } from "./tokens.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Account · MassSender" }];

export async function loader({ context }: LoaderFunctionArgs) {
  return { tokens: await context.api.tokens.list() };
}

export function action({ context, request }: ActionFunctionArgs) {
  const { auth, tokens } = context.api;
  const here = (toast: string) => ({ to: "/settings/account", toast });
  return submit(request, {
    password: form(changePasswordInput, auth.changePassword, {
      done: here("Your password is changed. Every other device was signed out."),
      hide: ["current", "password"],
    }),
    token: form(createTokenInput, tokens.create),
    revoke: form(tokenRef, tokens.revoke, { done: here("The token no longer works.") }),
  });
}

export default function AccountPage() {
  const { tokens } = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  const account = useAccount();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Page title="Account">
      <Paper>
        <Stack>
          <SimpleGrid cols={{ base: 1, sm: 2 }} component="dl" m={0}>
            <Figure label="E-mail address" words>
              {account?.user?.email}
            </Figure>
            <Figure label="Time zone" words>
              {account?.user?.tz}
            </Figure>
          </SimpleGrid>
          <Text size="sm">
            When messages may leave: <TextLink to="/settings/schedule">Active hours</TextLink>
          </Text>
          {account?.user?.isAdmin && (
            <Text size="sm">
              You administer this server: <TextLink to="/admin">Administration</TextLink>
            </Text>
          )}
          <Group justify="space-between">
            <Stack gap={4}>
              <Text size="sm" id="colours">
                Colours
              </Text>
              <SegmentedControl
                aria-labelledby="colours"
                value={colorScheme}
                onChange={(value) => setColorScheme(value === "light" || value === "dark" ? value : "auto")}
                data={[
                  { value: "auto", label: "As the system" },
                  { value: "light", label: "Light" },
                  { value: "dark", label: "Dark" },
                ]}
              />
            </Stack>
            <ButtonForm intent="logout" action="/logout">
              <Button type="submit" variant="default" leftSection={<ExitIcon aria-hidden />}>
                Sign out
              </Button>
            </ButtonForm>
          </Group>
        </Stack>
      </Paper>
      <Paper maw={560}>
        <Title order={2} mb="md">
          Password
        </Title>
        <PasswordForm answer={answer} />
      </Paper>
      <Tokens tokens={tokens} answer={answer} />
      <Stack gap="sm" component="section" aria-labelledby="webhooks">
        <Title order={2} id="webhooks">
          Webhooks
        </Title>
        <Text c="dimmed">Your own server can be told what happens here: messages, campaigns, phones.</Text>
        <Group>
          <LinkButton to="/settings/webhooks" variant="default">
            Webhooks
          </LinkButton>
        </Group>
      </Stack>
    </Page>
  );
}
