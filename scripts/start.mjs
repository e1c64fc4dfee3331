// `npm start`: from a bare clone to the running product. Plain Node up to the point where the packages are there.
import { requireNode } from "./prepare/node-version.mjs";

requireNode();

void import("./prepare/start.mjs").then(({ start }) => start(process.argv.slice(2)));
