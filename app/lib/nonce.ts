import { createContext, useContext } from "react";

/** The page's script nonce. It travels by React context alone, so that no loader data or cache ever holds it. */
export const NonceContext = createContext<string | undefined>(undefined);
export const useNonce = (): string | undefined => useContext(NonceContext);
