import {
  ActionIcon,
  AppShell,
  Badge,
  Box,
  Button,
  Container,
  Group,
  NavLink,
  Stack,
  Text,
  VisuallyHidden,
} from "@mantine/core";
import { ExitIcon, UpdateIcon } from "@radix-ui/react-icons";
import { Link, NavLink as RouterNavLink, useLocation } from "@remix-run/react";
import { Fragment, type ReactNode } from "react";
import { Brand } from "../../components/brand.tsx";
import { ColorSchemeButton } from "../../components/color-scheme-button.tsx";
import { ButtonForm } from "../../components/form-parts.tsx";
import { PlainToast } from "../../components/toast-reader.tsx";
import { useLive } from "../../lib/use-live.ts";
import { type Account, AccountState } from "./account-state.tsx";
import { Banner } from "./banner.tsx";
import { LowPoints } from "./low-points.tsx";
import { accountPlace, adminPlace, devPlace, mainPlaces, parts, schedulePlace } from "./navigation.ts";
import { PausedBanner } from "./paused-banner.tsx";
import { PlanBanner } from "./plan-banner.tsx";
import styles from "./shell.module.css";

const isHere = (path: string, to: string, end = false) =>
  end ? path === to : path === to || path.startsWith(`${to}/`);

/** The signed-in frame: navigation at the side or, on a phone, at the bottom; points and phone always in sight. */
export function Shell({ account, children }: { account: Account; children: ReactNode }) {
  const live = useLive(account.loadedAt);
  return (
    <AppShell
      header={{ height: 60 }}
      navbar={{ width: 232, breakpoint: "sm", collapsed: { mobile: true } }}
      footer={{ height: { base: 64, sm: 0 } }}
      padding={{ base: "md", sm: "xl" }}
    >
      <a className="skip-link" href="#content">
        To the content
      </a>
      <AppShell.Header px={{ base: "xs", sm: "md" }}>
        <Group h="100%" justify="space-between" wrap="nowrap" gap={6}>
          <Link to="/" aria-label="MassSender, to the start" className={styles.plain}>
            <Box visibleFrom="sm">
              <Brand />
            </Box>
            <Box hiddenFrom="sm">
              <img src="/favicon.svg" width={32} height={32} alt="" style={{ display: "block" }} />
            </Box>
          </Link>
          <Group gap={6} wrap="nowrap">
            <AccountState account={account} />
            <ColorSchemeButton />
            <ActionIcon
              component={Link}
              to={accountPlace.to}
              hiddenFrom="sm"
              variant="default"
              size="lg"
              aria-label="Account"
            >
              <accountPlace.icon />
            </ActionIcon>
          </Group>
        </Group>
      </AppShell.Header>
      <SideBar user={account.user} simulator={account.simulator} unread={account.unread} />
      <BottomBar unread={account.unread} />
      <AppShell.Main id="content" tabIndex={-1} className={styles.main}>
        <Container size="xl" p={0} m={0} maw={1280}>
          <PlainToast />
          <div role="status">
            {!live && (
              <Banner color="yellow" icon={<UpdateIcon aria-hidden />}>
                Not live: the connection is being restored. What you see may be a little late.
              </Banner>
            )}
          </div>
          <PausedBanner schedule={account.schedule} />
          <PlanBanner plan={account.plan} />
          {/* Whoever has no plan yet has no points either, and gets both together. */}
          {account.plan.notice?.kind !== "none" && <LowPoints wallet={account.wallet} />}
          {children}
        </Container>
      </AppShell.Main>
    </AppShell>
  );
}

/** How many conversations hold something new; nothing when none does. */
function Unread({ to, unread }: { to: string; unread: number }) {
  if (to !== "/inbox" || unread === 0) return null;
  return (
    <Badge size="sm" circle={unread < 10}>
      {unread}
      <VisuallyHidden> unread</VisuallyHidden>
    </Badge>
  );
}

function SideBar({
  user: { email, isAdmin },
  simulator,
  unread,
}: {
  user: Account["user"];
  simulator: boolean;
  unread: number;
}) {
  const { pathname } = useLocation();
  const extra = [...(isAdmin ? [adminPlace] : []), ...(simulator ? [devPlace] : [])];
  const places = [...mainPlaces, schedulePlace, accountPlace, ...extra];
  return (
    <AppShell.Navbar p="sm" aria-label="Main" visibleFrom="sm">
      <Stack gap={2} flex={1}>
        {places.map(({ to, label, icon: Icon, end }) => (
          <Fragment key={to}>
            <NavLink
              component={RouterNavLink}
              to={to}
              end={end}
              label={label}
              active={isHere(pathname, to, end)}
              leftSection={<Icon width={18} height={18} aria-hidden />}
              rightSection={<Unread to={to} unread={unread} />}
              className={styles.place}
            />
            {(isHere(pathname, to) || parts[to]?.some((part) => isHere(pathname, part.to))) &&
              parts[to]?.map((part) => (
                <NavLink
                  key={part.to}
                  component={RouterNavLink}
                  to={part.to}
                  label={part.label}
                  active={isHere(pathname, part.to)}
                  variant="subtle"
                  pl={42}
                  py={4}
                  className={styles.place}
                />
              ))}
          </Fragment>
        ))}
      </Stack>
      <Stack gap="xs">
        <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
          {email}
        </Text>
        <ButtonForm intent="logout" action="/logout">
          <Button type="submit" variant="default" size="xs" fullWidth leftSection={<ExitIcon aria-hidden />}>
            Sign out
          </Button>
        </ButtonForm>
      </Stack>
    </AppShell.Navbar>
  );
}

function BottomBar({ unread }: { unread: number }) {
  return (
    <AppShell.Footer hiddenFrom="sm" component="nav" aria-label="Main">
      <div className={styles.bar}>
        {mainPlaces.map(({ to, label, icon: Icon, end }) => (
          <RouterNavLink key={to} to={to} end={end} className={styles.tab}>
            <Icon width={20} height={20} aria-hidden />
            <span>{label}</span>
            <span className={styles.news}>
              <Unread to={to} unread={unread} />
            </span>
          </RouterNavLink>
        ))}
      </div>
    </AppShell.Footer>
  );
}
