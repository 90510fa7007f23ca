/** Writes docs/errors.md from the error registry; with `--check` it only says whether the page is current. */
import { readFileSync, writeFileSync } from 'node:fs'
import { categorySpecs, errorFacts, errorRegistry, type ErrorCode } from '@holdfast/shared-types'
import { inRoot } from './bootstrap/root.mjs'

const page = inRoot('docs', 'errors.md')

const cell = (text: string | number) => String(text).replaceAll('|', String.raw`\|`)
const row = (...cells: readonly (string | number)[]) => `| ${cells.map(cell).join(' | ')} |`
const heading = (...cells: readonly string[]) => [row(...cells), `|${'---|'.repeat(cells.length)}`]

function describeCategories(): string[] {
  const rows = Object.entries(categorySpecs).map(([name, { status, retry, log, exit }]) => row(`\`${name}\``, status, retry, log, exit))
  return [...heading('category', 'HTTP status', 'retry', 'log level', 'exit status'), ...rows]
}

function describeCodes(): string[] {
  const codes = Object.keys(errorRegistry) as ErrorCode[]
  const groups = Map.groupBy(codes, (code) => code.split('.')[0] ?? code)
  return [...groups].flatMap(([group, members]) => [
    `### ${group}`,
    '',
    ...heading('code', 'what happened', 'what to do', 'HTTP', 'exit'),
    ...members.map((code) => {
      const { title, cure, status, exit } = errorFacts(code)
      return row(`\`${code}\``, title, cure, status, exit)
    }),
    '',
  ])
}

const text = [
  '# Errors',
  '',
  '<!-- Made by scripts/generate-error-docs.ts from shared-types/src/errors/error-registry.ts; do not edit. -->',
  '',
  'Every error that leaves a Holdfast process has a stable code. HTTP answers carry it in a problem document (RFC 9457) as',
  '`code`, with the cure as `cure`; sockets and the command line’s `--json` carry the same two.',
  '',
  '## Categories',
  '',
  ...describeCategories(),
  '',
  '`after-action`: trying again helps once a person has done what the cure says.',
  '',
  '## Codes',
  '',
  ...describeCodes(),
].join('\n')

if (process.argv.includes('--check')) {
  if (readFileSync(page, 'utf8') !== text) {
    console.error('docs/errors.md does not match the error registry: run npm run docs:errors and commit the page.')
    process.exitCode = 1
  }
} else {
  writeFileSync(page, text)
}
