const QUANTIFIERS = new Set(["*", "+", "?", "{"]);

/**
 * Letters that stand in every text a regular expression (RE2 syntax) matches, as far as a look at it tells: the longest run
 * outside of groups and classes that nothing makes optional. "" when there is none that is sure.
 */
export function requiredLiteral(pattern: string): string {
  // Flags inside the expression, and quoted parts, may change what the rest means.
  if (/\(\?(?!:|P<|<)/.test(pattern) || /\\[QEpPx0-9C]/.test(pattern)) return "";
  const runs: string[] = [];
  let run: string[] = [];
  const end = () => {
    runs.push(run.join(""));
    run = [];
  };
  const signs = Array.from(pattern);
  for (let at = 0; at < signs.length; at++) {
    const sign = signs[at] ?? "";
    if (sign === "|") return "";
    if (sign === "(" || sign === "[") {
      end();
      const close = sign === "(" ? endOfGroup(signs, at) : endOfClass(signs, at);
      if (close === null) return "";
      at = close;
    } else if (QUANTIFIERS.has(sign)) {
      if (sign !== "+") run.pop();
      end();
      if (sign !== "{") continue;
      const count = /^\{\d+(?:,\d*)?\}/.exec(signs.slice(at, at + 12).join(""))?.[0];
      if (!count) return "";
      at += count.length - 1;
    } else if (sign === "^" || sign === "$" || sign === ".") {
      end();
    } else if (sign === "\\") {
      const next = signs[++at] ?? "";
      if (/[A-Za-z]/.test(next)) end();
      else run.push(next);
    } else {
      run.push(sign);
    }
  }
  end();
  return runs.reduce((longest, one) => (one.length > longest.length ? one : longest), "");
}

/** Where a group ends that begins at `at`; null when it does not. */
function endOfGroup(signs: readonly string[], at: number): number | null {
  let depth = 0;
  for (let n = at; n < signs.length; n++) {
    if (signs[n] === "\\") n++;
    else if (signs[n] === "[") {
      const close = endOfClass(signs, n);
      if (close === null) return null;
      n = close;
    } else if (signs[n] === "(") depth++;
    else if (signs[n] === ")" && --depth === 0) return n;
  }
  return null;
}

/** Where a class ends that begins at `at`: its first sign may be a bracket, and it may hold classes with a name. */
function endOfClass(signs: readonly string[], at: number): number | null {
  let n = at + 1;
  if (signs[n] === "^") n++;
  if (signs[n] === "]") n++;
  for (; n < signs.length; n++) {
    if (signs[n] === "\\") n++;
    else if (signs[n] === "[" && signs[n + 1] === ":") {
      const name = signs.indexOf("]", n + 1);
      if (name > 0 && signs[name - 1] === ":") n = name;
    } else if (signs[n] === "]") return n;
  }
  return null;
}
