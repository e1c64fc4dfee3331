import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AxeResults } from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page, type Request } from "playwright-core";
import sharp from "sharp";
import { findBrowser } from "#scripts/prepare/browser.mjs";
import { tellOnFailure } from "../kept-log.ts";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** Three files share the machine, each with a browser and the whole product. */
const PATIENCE_MS = 60_000;
const LOOK_MS = 5_000;
const SIZES = { "": { width: 1280, height: 800 }, "-phone": { width: 390, height: 844 } };
const SCHEMES = { "": "light", "-dark": "dark" } as const;
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const kept = fileURLToPath(new URL("../../docs/screenshots", import.meta.url));
/** Where pictures go that nobody keeps, when SCREENS=1 asks for them: those of the last run. */
export const screens = join(tmpdir(), "mass-sender-screens");

export async function openBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH ?? (await findBrowser());
  if (!executablePath)
    throw new Error("no Chromium: install one, set CHROMIUM_PATH, or run npm test, which installs it");
  return chromium.launch({ executablePath, args: FLAGS });
}

/** A person at a browser. Whatever the browser complains about, and whatever axe finds, is a problem of the product. */
export interface Visitor {
  page: Page;
  /** Console errors, uncaught exceptions and breaches of the content security policy, so far. */
  problems: string[];
  /**
   * Looks at the screen at desktop and phone width, light and dark: axe must find nothing, nothing may stick out.
   * SCREENS=1 takes pictures of all that is looked at; UPDATE_SCREENSHOTS=1 replaces those of `keep`, which are the README's.
   */
  look: (name: string, options?: { keep?: boolean; phoneWidth?: number }) => Promise<void>;
}

/** @param refusals statuses this visitor provokes on purpose: browsers report each as an error */
export async function newVisitor(
  browser: Browser,
  origin: string,
  { refusals = [], ...options }: BrowserContextOptions & { refusals?: number[] } = {},
): Promise<Visitor> {
  const context = await browser.newContext({
    baseURL: origin,
    viewport: SIZES[""],
    reducedMotion: "reduce",
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  if (options.javaScriptEnabled !== false) untilAlive(page);
  tellOnFailure(() => whatIsShown(page));
  const problems: string[] = [];
  const expected = refusals.map((status) => `the server responded with a status of ${status}`);
  page.on("console", (message) => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    if (expected.some((words) => message.text().includes(words))) return;
    // A step to elsewhere ends a reload that is on its way: Remix knows, and writes it down when half of it was read.
    if (message.text().startsWith("AbortError: signal is aborted")) return;
    problems.push(`${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`${page.url()}: ${error.message}`));

  const look: Visitor["look"] = async (name, { keep = false, phoneWidth = SIZES["-phone"].width } = {}) => {
    const folder = pictureFolder(keep);
    const toast = page.getByLabel("Close this message").first();
    // One that closes by itself meanwhile is closed too.
    while ((await toast.count()) > 0) await toast.click({ timeout: 1_000 }).catch(() => {});
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(size === "" ? viewport : { ...viewport, width: phoneWidth });
      for (const [scheme, colorScheme] of Object.entries(SCHEMES)) {
        await page.emulateMedia({ colorScheme });
        // The page follows the system by script, a moment later.
        await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
        if (keep) await page.evaluate(TO_THE_TOP);
        if (folder) await takePicture(page, join(folder, `${name}${size}${scheme}.png`));
        for (const finding of await inspect(page, colorScheme)) problems.push(`${name}${size}${scheme}: ${finding}`);
      }
    }
    await page.setViewportSize(SIZES[""]);
    await page.emulateMedia({ colorScheme: "light" });
  };
  return { page, problems, look };
}

/** Whoever opens a page or loads it again acts when React listens, but where a test asks for an earlier moment. */
function untilAlive(page: Page): void {
  const alive = async () => {
    const listens = () => Object.keys(document).some((key) => key.startsWith("__reactContainer"));
    while (!(await page.evaluate(listens))) await page.waitForTimeout(20);
  };
  const [goto, reload] = [page.goto.bind(page), page.reload.bind(page)];
  page.goto = async (url, how) => {
    const answer = await goto(url, how);
    if (how?.waitUntil !== "commit") await alive();
    return answer;
  };
  page.reload = async (how) => {
    const answer = await reload(how);
    await alive();
    return answer;
  };
}

/** The address and the words of a page, as a screen reader has them, without its frame. */
async function whatIsShown(page: Page): Promise<string> {
  return `${page.url()}\n${await page.locator("main").ariaSnapshot({ timeout: LOOK_MS })}`;
}

/** Whoever opens a page sees its beginning. It is there when a frame was drawn: a picture before that shows half of each. */
const TO_THE_TOP = `new Promise((drawn) => {
  window.scrollTo(0, 0);
  requestAnimationFrame(() => requestAnimationFrame(drawn));
})`;

/** A screen has few colours: with a palette the picture is a third as large, and looks the same. */
async function takePicture(page: Page, path: string): Promise<void> {
  await sharp(await page.screenshot())
    .png({ palette: true, effort: 10 })
    .toFile(path);
}

function pictureFolder(keep: boolean): string | null {
  const folder = keep && process.env.UPDATE_SCREENSHOTS === "1" ? kept : process.env.SCREENS === "1" ? screens : null;
  if (folder) mkdirSync(folder, { recursive: true });
  return folder;
}

/** In the dark nothing differs but the colours. */
const AXE = {
  light: "axe.run(document, { resultTypes: ['violations'] })",
  dark: "axe.run(document, { resultTypes: ['violations'], runOnly: ['color-contrast'] })",
} as const;

async function inspect(page: Page, scheme: keyof typeof AXE): Promise<string[]> {
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(axeSource);
  const results = await page.evaluate<AxeResults>(AXE[scheme]);
  const findings = results.violations.map(({ id, nodes }) => `${id} at ${nodes.map((node) => node.target).join(", ")}`);
  const tooWide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  return tooWide ? [...findings, "the page is wider than the screen"] : findings;
}

/** Holds back what a page asks for until it is let go. @param which of what it asks for there: all, unless told */
export async function holdBack(
  page: Page,
  address: string,
  which: (request: Request) => boolean = () => true,
): Promise<() => void> {
  let letGo = () => {};
  const gone = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  await page.route(address, async (route) => {
    if (which(route.request())) await gone;
    await route.continue();
  });
  return letGo;
}

/** Opens an account of the visitor's own, by the form, and waits until its first page is there. */
export async function openAccount({ page }: Visitor, email: string): Promise<void> {
  await page.goto("/register");
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill("a calm river walks 42");
  await page.getByRole("checkbox").click();
  await page.getByRole("button", { name: "I understand and accept" }).click();
  await page.getByRole("button", { name: "Open the account" }).click();
  await page.getByText("Three steps to your first campaign.").waitFor();
}
