/**
 * Tells from vitest's arguments whether a browser test can be among the tests that run.
 * @param {string[]} args as after `npm test --`
 * @param {string[]} browserTests paths of the browser tests
 */
export function asksForBrowser(args, browserTests) {
  if (browserTests.length === 0) return false;
  const projects = valuesOf(args, "--project");
  if (projects.length > 0 && !projects.includes("e2e")) return false;
  // A word after an option may be its value (`-t name`); only what surely is a file filter counts.
  const filters = args.filter((arg, i) => !arg.startsWith("-") && !/^--?[^=]+$/.test(args[i - 1] ?? ""));
  if (filters.length === 0) return true;
  return filters.some((filter) =>
    browserTests.some((file) => file.includes(filter.replace(/^\.\//, "").replace(/:\d+$/, ""))),
  );
}

/**
 * @param {string[]} args
 * @param {string} option
 */
function valuesOf(args, option) {
  return args.flatMap((arg, i) => {
    if (arg.startsWith(`${option}=`)) return [arg.slice(option.length + 1)];
    return args[i - 1] === option ? [arg] : [];
  });
}
