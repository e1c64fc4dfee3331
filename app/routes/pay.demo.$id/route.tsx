import { Alert, Badge, Box, Container, Divider, Group, Paper, Radio, Stack, Text, Title } from "@mantine/core";
import { ExclamationTriangleIcon } from "@radix-ui/react-icons";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { Form, useActionData, useLoaderData } from "@remix-run/react";
import { cardKinds, testCards } from "#server/billing/provider/demo/rules.ts";
import { payInput, paymentRef } from "#server/billing/provider/demo/schema.ts";
import { ButtonForm, Intent, Refused, SubmitButton } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { formatMoney } from "../../lib/format.ts";
import { form, submit } from "../../lib/submit.server.ts";

export { BareErrorBoundary as ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "DEMO payment" }, { name: "robots", content: "noindex" }];

export function loader({ context, params }: LoaderFunctionArgs) {
  const ref = paymentRef.safeParse({ id: params.id });
  if (!ref.success) throw new Response(null, { status: 404 });
  return context.api.billing.demo.get(ref.data);
}

export function action({ context, request }: ActionFunctionArgs) {
  const { demo } = context.api.billing;
  const back = { done: { to: ({ returnUrl }: { returnUrl: string }) => returnUrl } };
  return submit(request, { pay: form(payInput, demo.pay, back), cancel: form(paymentRef, demo.cancel, back) });
}

type Payment = Awaited<ReturnType<typeof loader>>;

/** The demo provider's page. It stands outside the frame of the product, as somebody else's would. */
export default function DemoPayment() {
  const payment = useLoaderData<typeof loader>();
  return (
    <Box component="main" id="content" tabIndex={-1} py={{ base: "md", sm: 64 }} style={{ outline: "none" }}>
      <Container size={480}>
        <Stack>
          <Group justify="space-between">
            <Text fw={650}>Demo payment provider</Text>
            <Badge color="yellow" variant="light" tt="none" size="lg" radius="sm">
              DEMO
            </Badge>
          </Group>
          <Paper>
            <Stack>
              <Alert color="yellow" icon={<ExclamationTriangleIcon aria-hidden />} title="DEMO: no money is taken">
                This page stands where a real provider's would. It takes test cards alone; never type a card of your own
                anywhere here.
              </Alert>
              <Stack gap={2}>
                <Title order={1} style={{ overflowWrap: "anywhere" }}>
                  {formatMoney(payment.amount, payment.currency)}
                </Title>
                <Text c="dimmed">{payment.description}</Text>
              </Stack>
              <Divider />
              {payment.status === "open" ? <Cards payment={payment} /> : <Settled payment={payment} />}
            </Stack>
          </Paper>
        </Stack>
      </Container>
    </Box>
  );
}

function Cards({ payment: { id, amount, currency, keepMethod } }: { payment: Payment }) {
  const answer = useActionData<typeof action>();
  return (
    <Stack>
      <Refused answer={answer} intents={["pay", "cancel"]} />
      <Form method="post">
        <Intent name="pay" />
        <input type="hidden" name="id" value={id} />
        <Stack>
          <Radio.Group name="card" defaultValue="pays" label="Test card">
            <Stack gap="sm" mt="xs">
              {cardKinds.map((kind) => (
                <Radio key={kind} value={kind} label={testCards[kind].number} description={testCards[kind].what} />
              ))}
            </Stack>
          </Radio.Group>
          {keepMethod && (
            <Text size="sm" c="dimmed">
              MassSender keeps this card, to renew the plan.
            </Text>
          )}
          <SubmitButton intent="pay" fullWidth>
            Pay {formatMoney(amount, currency)} (DEMO)
          </SubmitButton>
        </Stack>
      </Form>
      <ButtonForm intent="cancel" fields={{ id }}>
        <SubmitButton intent="cancel" variant="default" fullWidth>
          Cancel and go back
        </SubmitButton>
      </ButtonForm>
    </Stack>
  );
}

const settled = {
  paid: "This was paid.",
  declined: "The card was declined.",
  cancelled: "This payment was cancelled.",
} as const;

function Settled({ payment: { status, returnUrl } }: { payment: Payment }) {
  return (
    <Stack>
      <Text>{status === "open" ? null : settled[status]} There is nothing to pay here any more.</Text>
      <LinkButton to={returnUrl} reloadDocument>
        Back to MassSender
      </LinkButton>
    </Stack>
  );
}
