type QueryValue = string | number | undefined
export type QueryValues = Readonly<Record<string, QueryValue | readonly QueryValue[]>>

/** Fills `{name}` in a path and appends the query; values are encoded, undefined ones left out, lists written as the same name several times. */
export function callAddress(path: string, params: Readonly<Record<string, string>> = {}, query: QueryValues = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(params[name] ?? ''))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    for (const one of [value].flat()) if (one !== undefined) search.append(name, String(one))
  return search.size === 0 ? filled : `${filled}?${search.toString()}`
}
