const PATIENCE_MS = 120_000;

/** @throws when it does not come about within two minutes */
export async function until(what: string, look: () => Promise<boolean>, everyMs = 10): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !(await look()); ) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
