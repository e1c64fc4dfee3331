import { useLocation, useNavigate, useNavigation, useResolvedPath } from "@remix-run/react";
import { type Changes, withSearch } from "./params.ts";
import { readRouter } from "./router-now.ts";

interface Filter {
  /** What is asked for: of the page that is on its way, where this one is loaded with another choice. */
  asked: URLSearchParams;
  /** Loads the page with other choices; null takes one away. What was chosen a moment ago, and is still loading, stays chosen. */
  show: (changes: Changes, how?: { replace?: boolean }) => void;
  /** Where other choices lead, for a link. */
  addressOf: (changes: Changes) => string;
}

/**
 * The choices of a table, which stand in the address.
 * @param resets what another choice takes away: the place in the rows
 */
export function useFilter(resets: readonly string[] = ["cursor"]): Filter {
  const navigate = useNavigate();
  const here = useLocation();
  const onItsWay = useNavigation().location;
  const { pathname } = useResolvedPath("");
  const asked = new URLSearchParams((onItsWay?.pathname === pathname ? onItsWay : here).search);
  const taken = Object.fromEntries(resets.map((name) => [name, null]));
  const show: Filter["show"] = (changes, { replace = true } = {}) => {
    const router = readRouter();
    const coming = router?.navigation.location;
    const now = coming?.pathname === pathname ? coming : (router?.location ?? here);
    navigate(withSearch(new URLSearchParams(now.search), { ...taken, ...changes }), {
      replace,
      preventScrollReset: true,
    });
  };
  return { asked, show, addressOf: (changes) => withSearch(asked, { ...taken, ...changes }) };
}
