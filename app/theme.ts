import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

// Every tuple's shade 7 carries white text, and is readable on white, at 4.5:1 or better; shade 3 is readable on dark.
// biome-ignore format: a palette reads as a row
const teal: MantineColorsTuple = [
  "#eef8f6", "#d8efeb", "#b0ded6", "#83cbbf", "#56b6a7", "#2f9f8f", "#17877a", "#0d6e64", "#0a5b53", "#084a43",
];
// biome-ignore format: a palette reads as a row
const green: MantineColorsTuple = [
  "#edf8ef", "#d6eedb", "#aedcb8", "#82c892", "#55b16c", "#33984f", "#227f3f", "#1a6b34", "#14572a", "#0e4220",
];
// biome-ignore format: a palette reads as a row
const red: MantineColorsTuple = [
  "#fdf0ef", "#fadbd8", "#f3b3ad", "#ee9a92", "#de5d52", "#cb3d32", "#b02f26", "#97261f", "#7b1e19", "#5f1612",
];
// biome-ignore format: a palette reads as a row
const yellow: MantineColorsTuple = [
  "#fdf6e7", "#f8e7c2", "#f0cf89", "#e5b453", "#d69a28", "#b97f14", "#976509", "#7d5206", "#634005", "#4a3004",
];
// biome-ignore format: a palette reads as a row
const blue: MantineColorsTuple = [
  "#eef4fc", "#d8e6f8", "#adcaef", "#8db5e8", "#548cd6", "#3470c2", "#275aa3", "#204a87", "#193a6b", "#122a4f",
];
// biome-ignore format: a palette reads as a row
const gray: MantineColorsTuple = [
  "#f6f8f8", "#eef1f1", "#e1e6e6", "#d0d7d7", "#b6bfc0", "#94a0a1", "#6f7b7d", "#4c585a", "#353f41", "#1d2526",
];
// biome-ignore format: a palette reads as a row
const dark: MantineColorsTuple = [
  "#d5dcdd", "#b4bec0", "#94a0a3", "#68757a", "#445055", "#353f44", "#262e32", "#1b2226", "#141a1d", "#0e1315",
];

const sansSerif =
  '-apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, "Noto Sans", system-ui, sans-serif';

const plainLabel = { defaultProps: { withAsterisk: false } };

/** The one place for colour, radius and spacing. Calm and exact: one accent, quiet greys, figures of one width. */
export const theme = createTheme({
  colors: { teal, green, red, yellow, blue, gray, dark },
  primaryColor: "teal",
  primaryShade: { light: 7, dark: 7 },
  defaultRadius: "md",
  fontFamily: sansSerif,
  headings: {
    fontFamily: sansSerif,
    fontWeight: "650",
    sizes: { h1: { fontSize: "1.75rem", lineHeight: "1.25" }, h2: { fontSize: "1.2rem", lineHeight: "1.35" } },
  },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    TextInput: plainLabel,
    PasswordInput: plainLabel,
    NativeSelect: plainLabel,
    Textarea: plainLabel,
    Paper: {
      defaultProps: { withBorder: true, p: "lg" },
      styles: { root: { backgroundColor: "var(--mantine-color-default)" } },
    },
    Alert: { defaultProps: { variant: "light" } },
    // A header element outside of main would count as a second banner of the page.
    ModalHeader: { defaultProps: { component: "div" } },
    Modal: {
      defaultProps: { centered: true, closeButtonProps: { "aria-label": "Close" } },
      styles: { header: { backgroundColor: "var(--mantine-color-default)" } },
    },
  },
});

// The light variant's own backgrounds are a dark shade made transparent, which looks muddy on white.
const tints = Object.fromEntries(
  ["teal", "green", "red", "yellow", "blue"].map((name) => [
    `--mantine-color-${name}-light`,
    `var(--mantine-color-${name}-0)`,
  ]),
);

/** Mantine's dimmed, error and placeholder shades are too faint for 4.5:1. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#f7f9f9",
    "--mantine-color-text": "var(--mantine-color-gray-9)",
    "--mantine-color-dimmed": "var(--mantine-color-gray-7)",
    "--mantine-color-placeholder": "var(--mantine-color-gray-6)",
    "--mantine-color-error": "var(--mantine-color-red-7)",
    "--mantine-color-default-border": "var(--mantine-color-gray-3)",
    ...tints,
  },
  dark: {
    "--mantine-color-dimmed": "var(--mantine-color-dark-1)",
    "--mantine-color-placeholder": "var(--mantine-color-dark-2)",
    "--mantine-color-error": "var(--mantine-color-red-3)",
    "--mantine-color-anchor": "var(--mantine-color-teal-3)",
  },
});
