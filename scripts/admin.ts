import { existsSync } from "node:fs";
import { connect } from "#db/client.ts";
import { setAdministrator } from "#server/admin/administrators.ts";
import { readSettings } from "./launch/settings.ts";
import { openDatabase } from "./open-database.ts";

const USAGE = "usage: npm run admin -- somebody@example.org, or: npm run admin -- --remove somebody@example.org";

/** Makes an account an administrator's, or takes that away. The product may run meanwhile. */
async function administer(args: string[]): Promise<number> {
  const remove = args[0] === "--remove";
  const [email, ...rest] = remove ? args.slice(1) : args;
  if (!email?.includes("@") || rest.length > 0) {
    console.error(USAGE);
    return 2;
  }
  if (existsSync(".env")) process.loadEnvFile(".env");
  const database = await openDatabase(readSettings(process.env));
  try {
    const connection = connect(database.url, { max: 1, name: "masssender-admin" });
    try {
      const changed = await setAdministrator(connection.db, email, !remove);
      if (!changed) {
        console.error(`There is no account with the address ${email}. Open it first, on the page /register.`);
        return 1;
      }
      const now = remove ? "no administrator" : "an administrator";
      console.log(changed.before === remove ? `${email} is ${now} now.` : `${email} is ${now}, as before.`);
      return 0;
    } finally {
      await connection.close();
    }
  } finally {
    await database.leave();
  }
}

try {
  process.exitCode = await administer(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
