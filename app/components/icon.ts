import type { CheckIcon } from "@radix-ui/react-icons";

/** Any of the icon set's icons. */
export type Icon = typeof CheckIcon;
