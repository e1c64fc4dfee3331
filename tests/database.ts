import { afterAll, beforeAll, inject } from "vitest";
import { cloneTemplate, type TestDatabase } from "./postgres.ts";

declare module "vitest" {
  // What tests/global-setup.ts provides to every test file.
  interface ProvidedContext {
    /** Connection string of the run's Postgres, of an account that may make databases. */
    databaseServerUrl: string;
    /** Connection string of the migrated, empty database that is cloned. Never connect to it. */
    templateDatabase: string;
    /** The local WhatsApp as one file: each test file that needs it starts its own. */
    simulatorProgram: string;
  }
}

/** A fresh, migrated, empty database of the run's Postgres. The caller drops it. */
export function cloneDatabase(): Promise<TestDatabase> {
  return cloneTemplate(inject("databaseServerUrl"), inject("templateDatabase"));
}

/** Gives this test file (or `describe`) a database of its own; the answer tells its connection string inside tests. */
export function useDatabase(): () => string {
  let database: TestDatabase | undefined;
  beforeAll(async () => {
    database = await cloneDatabase();
  });
  afterAll(() => database?.drop());
  return () => {
    if (!database) throw new Error("the database is there from beforeAll on");
    return database.url;
  };
}
