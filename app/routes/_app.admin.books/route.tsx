import { Alert, Code, Stack, Text, Title } from "@mantine/core";
import { CheckCircledIcon, ExclamationTriangleIcon } from "@radix-ui/react-icons";
import type { ActionFunctionArgs, LoaderFunctionArgs, MetaFunction } from "@remix-run/node";
import { useLoaderData } from "@remix-run/react";
import { z } from "zod";
import { type Column, DataTable } from "../../components/data-table.tsx";
import { ButtonForm, SubmitButton } from "../../components/form-parts.tsx";
import { Moment } from "../../components/moment.tsx";
import { Page } from "../../components/page.tsx";
import { type Look, StatusBadge } from "../../components/status-badge.tsx";
import { count, formatNumber } from "../../lib/format.ts";
import { form, submit } from "../../lib/submit.server.ts";

export const meta: MetaFunction = () => [{ title: "Books · MassSender" }];

export function loader({ context }: LoaderFunctionArgs) {
  return context.api.admin.checks();
}

export function action({ context, request }: ActionFunctionArgs) {
  const { admin } = context.api;
  return submit(request, {
    check: form(z.object({}), () => admin.checkNow(), {
      done: { to: "/admin/books", toast: "The books are checked." },
    }),
  });
}

type Check = Awaited<ReturnType<typeof loader>>[number];

const right = { word: "They hold", color: "green", icon: CheckCircledIcon } as const satisfies Look;
const wrong = { word: "They do not hold", color: "red", icon: ExclamationTriangleIcon } as const satisfies Look;

const columns: Column<Check>[] = [
  { header: "When", cell: (check) => <Moment at={check.ranAt} seconds />, tight: true },
  { header: "The books", cell: (check) => <StatusBadge look={check.violations === 0 ? right : wrong} />, wide: true },
  { header: "Rows that are wrong", cell: (check) => formatNumber(check.violations), figures: true },
  { header: "Took", cell: (check) => `${formatNumber(check.tookMs)} ms`, figures: true, tight: true },
];

export default function Books() {
  const checks = useLoaderData<typeof loader>();
  const [last] = checks;
  return (
    <Page
      title="Books"
      lead="Every hour all of it is reckoned anew: each point has a cause, each payment a receipt, and the numbers of receipts have no gap."
      actions={
        <ButtonForm intent="check">
          <SubmitButton intent="check">Check them now</SubmitButton>
        </ButtonForm>
      }
    >
      {last ? <Last check={last} /> : <Text c="dimmed">They were not checked yet; within the hour they are.</Text>}
      <Stack gap="xs" component="section" aria-labelledby="checks">
        <Title order={2} id="checks">
          Checks of the last days
        </Title>
        <DataTable
          caption="Checks of the books"
          columns={columns}
          rows={checks}
          rowKey={(check) => check.ranAt.toISOString()}
          empty="None yet."
        />
      </Stack>
    </Page>
  );
}

/** What the last check found: nothing, or what is wrong by the name of the rule. */
function Last({ check }: { check: Check }) {
  if (check.violations === 0)
    return (
      <Alert color="green" icon={<CheckCircledIcon aria-hidden />} title="The books hold">
        Nothing was wrong at the last check, <Moment at={check.ranAt} />.
      </Alert>
    );
  return (
    <Alert
      color="red"
      icon={<ExclamationTriangleIcon aria-hidden />}
      title={`${count(check.violations, "row is", "rows are")} wrong`}
    >
      <Stack gap="xs">
        <Text size="sm">
          This is a defect of the product, not of what somebody did. docs/operations.md says what to do.
        </Text>
        {check.found.map(({ name, count: rows, subjects }) => (
          <Text key={name} size="sm" style={{ overflowWrap: "anywhere" }}>
            <b>{name.replaceAll("_", " ")}</b>, {count(rows, "row")}: <Code>{subjects.join(" ")}</Code>
          </Text>
        ))}
      </Stack>
    </Alert>
  );
}
