// `npm test`: everything on a bare clone; `npm test -- tests/flows` runs a part.
import { requireNode } from "./prepare/node-version.mjs";

requireNode();

void import("./prepare/test.mjs").then(({ test }) => test(process.argv.slice(2)));
