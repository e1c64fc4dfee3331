import { Box, Container, Group } from "@mantine/core";
import { Link } from "@remix-run/react";
import type { ReactNode } from "react";
import { Brand } from "./brand.tsx";
import { ColorSchemeButton } from "./color-scheme-button.tsx";
import { LinkButton } from "./link-button.tsx";
import { PlainToast } from "./toast-reader.tsx";

/** The frame of pages that need no account. */
export function PublicFrame({ children, size = "lg" }: { children: ReactNode; size?: string }) {
  return (
    <>
      <a className="skip-link" href="#content">
        To the content
      </a>
      <Box component="header" py="md">
        <Container size="lg">
          <Group justify="space-between">
            <Link to="/" aria-label="MassSender, to the start" style={{ textDecoration: "none", color: "inherit" }}>
              <Brand />
            </Link>
            <Group gap="xs">
              <ColorSchemeButton />
              <LinkButton to="/login" variant="default">
                Sign in
              </LinkButton>
            </Group>
          </Group>
        </Container>
      </Box>
      <Container component="main" id="content" tabIndex={-1} size={size} py="xl" style={{ outline: "none" }}>
        <PlainToast />
        {children}
      </Container>
    </>
  );
}
