export * from "./campaigns.ts";
export * from "./contacts.ts";
export * from "./imports.ts";
export * from "./media.ts";
export * from "./schedules.ts";
export * from "./users.ts";
export * from "./wa.ts";
export * from "./wallet.ts";
