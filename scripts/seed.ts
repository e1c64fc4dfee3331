import { fileURLToPath } from "node:url";
import { eq } from "drizzle-orm";
import { connect } from "#db/client.ts";
import { users } from "#db/schema/index.ts";
import { registerUser } from "#server/users/register.ts";

const DEMO = { email: "demo@masssender.local", password: "demo-of-the-local-whatsapp" } as const;

/** Opens the demo account, if it is not there yet. For `npm start` on one's own machine; never part of a deployment. */
export async function seed(databaseUrl: string): Promise<{ email: string; password: string }> {
  const connection = connect(databaseUrl, { max: 1, name: "masssender-seed" });
  try {
    const [known] = await connection.db.select({ id: users.id }).from(users).where(eq(users.email, DEMO.email));
    if (!known)
      await registerUser(
        connection.db,
        { ...DEMO, tz: process.env.DEFAULT_TZ || "Asia/Jakarta", acceptTerms: true },
        { provider: "demo" },
      );
  } finally {
    await connection.close();
  }
  return { ...DEMO };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const url = process.env.DATABASE_URL;
  if (!url) throw new Error("Set DATABASE_URL to the database to seed.");
  const { email } = await seed(url);
  console.log(`Demo account ${email} is there.`);
}
