import { afterAll } from "vitest";
import { stopSimulator } from "./simulator.ts";

// Loaded before every test file, so that this comes after everything that the file itself does at its end.
afterAll(stopSimulator);
