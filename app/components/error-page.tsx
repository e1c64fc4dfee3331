import { Container, Group, Stack, Text, Title } from "@mantine/core";
import { isRouteErrorResponse, useRouteError } from "@remix-run/react";
import { z } from "zod";
import { LinkButton } from "./link-button.tsx";
import { PublicFrame } from "./public-frame.tsx";

interface Told {
  title: string;
  sentence: string;
}

const told: Record<number, Told> = {
  400: { title: "This request was not understood", sentence: "Go back, reload the page and try again." },
  401: { title: "You are signed out", sentence: "Sign in to go on." },
  403: { title: "Not allowed", sentence: "This request came from another site or is not yours to make." },
  404: { title: "There is nothing here", sentence: "The address is mistyped, or what was here is gone or not yours." },
  409: {
    title: "Not in its present state",
    sentence: "Something has changed meanwhile. Reload the page and look again.",
  },
  413: { title: "The file is too large", sentence: "Files may have up to 10 MB. Split it and import the parts." },
  422: { title: "This could not be done", sentence: "Go back and check what was entered." },
  429: { title: "Too many tries", sentence: "Wait a little and try again." },
};

const unexpected: Told = {
  title: "Something went wrong on our side",
  sentence: "Nothing you typed caused this. Try again; if it stays, give the reference to whoever runs this server.",
};

const refusalBody = z.object({ message: z.string(), requestId: z.string().default("") });

/** What a thrown response or error is to a person. */
function tell(error: unknown): Told & { status: number; requestId: string } {
  if (!isRouteErrorResponse(error)) return { ...unexpected, status: 500, requestId: "" };
  const body: unknown = typeof error.data === "string" ? parseJson(error.data) : error.data;
  const refusal = refusalBody.safeParse(body);
  const known = told[error.status];
  return {
    ...(known ?? unexpected),
    ...(known && refusal.success ? { sentence: refusal.data.message } : {}),
    status: error.status,
    requestId: refusal.success ? refusal.data.requestId : "",
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The error screen where no frame is left to stand in. */
export function BareErrorBoundary() {
  return (
    <PublicFrame>
      <ErrorBoundary />
    </PublicFrame>
  );
}

/** The error screen of every screen. It stands inside the frame, so that the way on is in sight. */
export function ErrorBoundary() {
  const { status, title, sentence, requestId } = tell(useRouteError());
  return (
    <Container size="sm" py="xl" mx={0}>
      <Stack gap="sm">
        <Text c="dimmed" fw={600}>
          Error {status}
        </Text>
        <Title order={1}>{title}</Title>
        <Text>{sentence}</Text>
        {requestId && (
          <Text c="dimmed" size="sm">
            Reference: <code>{requestId}</code>
          </Text>
        )}
        <Group mt="md">
          {status === 401 ? <LinkButton to="/login">Sign in</LinkButton> : <LinkButton to="/">To the start</LinkButton>}
        </Group>
      </Stack>
    </Container>
  );
}
