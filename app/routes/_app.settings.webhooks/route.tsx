import { Paper, Text, Title } from "@mantine/core";
import { PlusIcon, Share1Icon } from "@radix-ui/react-icons";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { isId } from "#db/ids.ts";
import { ENDPOINTS_AT_MOST } from "#server/webhooks/rules.ts";
import {
  addEndpointInput,
  changeEndpointInput,
  deliveryFilters,
  deliveryRef,
  endpointRef,
  replayDeadInput,
  switchEndpointInput,
} from "#server/webhooks/schema.ts";
import { EmptyState } from "../../components/empty-state.tsx";
import { Refused } from "../../components/form-parts.tsx";
import { LinkButton } from "../../components/link-button.tsx";
import { Page } from "../../components/page.tsx";
import { count } from "../../lib/format.ts";
import { idParam, oneOf } from "../../lib/params.ts";
import { form, submit } from "../../lib/submit.server.ts";
import { useLastAnswer } from "../../lib/use-last-answer.ts";
import { Answered, type Shown, type Tested } from "./answers.tsx";
import { Deliveries } from "./deliveries.tsx";
import { DeliveryPanel } from "./delivery.tsx";
import { EndpointCard } from "./endpoint-card.tsx";
import { AddForm } from "./endpoint-form.tsx";

export { ErrorBoundary } from "../../components/error-page.tsx";

export const meta: MetaFunction = () => [{ title: "Webhooks · MassSender" }];

export async function loader({ context, request }: LoaderFunctionArgs) {
  const { webhooks } = context.api;
  const search = new URL(request.url).searchParams;
  const endpoint = search.get("endpoint");
  const show = oneOf(search.get("show"), deliveryFilters);
  const cursor = Number(search.get("cursor"));
  const delivery = search.get("delivery");
  const [endpoints, deliveries, opened] = await Promise.all([
    webhooks.list(),
    webhooks.deliveries({
      endpointId: isId("webhookEndpoint", endpoint) ? endpoint : undefined,
      show,
      cursor: Number.isSafeInteger(cursor) && cursor > 0 ? cursor : undefined,
    }),
    delivery === null ? null : webhooks.delivery({ id: idParam("webhookDelivery", delivery) }),
  ]);
  return {
    endpoints,
    deliveries,
    opened,
    show,
    chosen: endpoint,
    editing: search.get("edit"),
    wantsToAdd: search.has("add"),
  };
}

export function action({ context, request }: ActionFunctionArgs) {
  const { webhooks } = context.api;
  const here = (toast: string) => ({ to: "/settings/webhooks", toast });
  return submit<Shown | Tested>(request, {
    add: form(addEndpointInput, webhooks.add),
    change: form(changeEndpointInput, webhooks.change, { done: here("The webhook is changed.") }),
    switch: form(switchEndpointInput, webhooks.switch, { done: { to: "/settings/webhooks" } }),
    rotate: form(endpointRef, webhooks.rotateSecret),
    test: form(endpointRef, webhooks.test),
    remove: form(endpointRef, webhooks.remove, { done: here("The webhook is removed, with its log.") }),
    replay: form(deliveryRef, webhooks.replay, { done: here("It is delivered again now.") }),
    "replay-dead": form(replayDeadInput, webhooks.replayDead, {
      done: {
        to: "/settings/webhooks?show=waiting",
        toast: ({ replayed }) => `${count(replayed, "delivery is", "deliveries are")} tried again now.`,
      },
    }),
  });
}

export default function Webhooks() {
  const { endpoints, deliveries, opened, show, chosen, editing, wantsToAdd } = useLoaderData<typeof loader>();
  const answer = useLastAnswer<typeof action>();
  const full = endpoints.length >= ENDPOINTS_AT_MOST;
  const added = answer?.intent === "add" && answer.value !== undefined;
  const adding = endpoints.length === 0 || (wantsToAdd && !full && !added);
  return (
    <Page
      title="Webhooks"
      lead="Your own server is told what happens here, the moment it is true: signed, in order, and again until it has taken it."
      actions={
        !adding &&
        !full && (
          <LinkButton to="?add=1" leftSection={<PlusIcon aria-hidden />}>
            Add a webhook
          </LinkButton>
        )
      }
    >
      <Answered answer={answer} endpoints={endpoints} />
      <Refused answer={answer} intents={["switch", "rotate", "test", "remove", "replay", "replay-dead"]} />
      {endpoints.length === 0 && (
        <EmptyState icon={Share1Icon} title="Nobody is told yet">
          Add the address of your server below. It gets a JSON request for each message that comes in, each status of
          what you send, and each change of a campaign or a phone.
        </EmptyState>
      )}
      {adding && (
        <Paper component="section" aria-labelledby="add-webhook">
          <Title order={2} id="add-webhook" mb="md">
            Add a webhook
          </Title>
          <AddForm answer={answer} />
        </Paper>
      )}
      {full && <Text c="dimmed">You have {ENDPOINTS_AT_MOST} webhooks. Remove one to add another.</Text>}
      {endpoints.map((endpoint) => (
        <EndpointCard key={endpoint.id} endpoint={endpoint} editing={editing === endpoint.id} answer={answer} />
      ))}
      {opened && <DeliveryPanel delivery={opened} />}
      {endpoints.length > 0 && (
        <Deliveries
          endpoints={endpoints}
          chosen={endpoints.find(({ id }) => id === chosen)}
          rows={deliveries.rows}
          nextCursor={deliveries.nextCursor}
          show={show}
        />
      )}
    </Page>
  );
}
