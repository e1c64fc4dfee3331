/** The IANA zones this server knows, by region. */
export function timeZones(): { group: string; items: string[] }[] {
  const regions = new Map<string, string[]>();
  for (const zone of [...Intl.supportedValuesOf("timeZone"), "UTC"]) {
    const region = zone.includes("/") ? zone.slice(0, zone.indexOf("/")) : "Other";
    regions.set(region, [...(regions.get(region) ?? []), zone]);
  }
  return [...regions].map(([group, items]) => ({ group, items: [...new Set(items)] }));
}
