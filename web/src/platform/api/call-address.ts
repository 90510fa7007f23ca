export type QueryValues = Readonly<Record<string, string | number | undefined>>

/** Fills `{name}` in a path and appends the query; values are encoded, undefined ones left out. */
export function callAddress(path: string, params: Readonly<Record<string, string>> = {}, query: QueryValues = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(params[name] ?? ''))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
  return search.size === 0 ? filled : `${filled}?${search.toString()}`
}
