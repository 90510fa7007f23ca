import { readFileSync, writeFileSync } from 'node:fs'

const start = '<!-- results: written by npm run bench -- --record; do not edit. -->'
const end = '<!-- end of results -->'

/** The page with these results in place of earlier ones, or at its end where there are none yet. */
export function withResults(page: string, lines: readonly string[]): string {
  const section = [start, '', ...lines, '', end].join('\n')
  const [from, to] = [page.indexOf(start), page.indexOf(end)]
  if (from === -1) return `${page.trimEnd()}\n\n## Results\n\n${section}\n`
  if (to < from) throw new Error(`The page has lost its mark “${end}”.`)
  return page.slice(0, from) + section + page.slice(to + end.length)
}

export const recordResults = (file: string, lines: readonly string[]): void =>
  writeFileSync(file, withResults(readFileSync(file, 'utf8'), lines))
