/** Writes the presets into docs/exclusions.md; with `--check` it only says whether the page is current. */
import { readFileSync, writeFileSync } from 'node:fs'
import { backupPresets, type BackupPreset } from '@holdfast/shared-types'
import { inRoot } from './bootstrap/root.mjs'

const page = inRoot('docs', 'exclusions.md')
const start = '<!-- presets: made by scripts/generate-preset-docs.ts from backup-presets.json; do not edit. -->'
const end = '<!-- end of presets -->'

const cell = (text: string) => text.replaceAll('|', String.raw`\|`)
const code = (path: string) => `\`${path}\``

function describe({ name, about, excludesOf, rules }: BackupPreset): string[] {
  return [
    `### ${name}`,
    '',
    `${about}.${excludesOf === undefined ? '' : ` Leaves out what \`${excludesOf}\` excludes, and none of what is optional there.`}`,
    '',
    '| rule | places | reason |',
    '|---|---|---|',
    ...rules.map(({ rule, on, paths, why }) => {
      const word = rule === 'optional' ? `optional, ${on === true ? 'in' : 'out'}` : rule
      return `| ${word} | ${cell(paths.map(code).join(' '))} | ${cell(why)} |`
    }),
    '',
  ]
}

const written = readFileSync(page, 'utf8')
const [from, to] = [written.indexOf(start), written.indexOf(end)]
if (from === -1 || to < from) throw new Error(`docs/exclusions.md has lost its marks: “${start}” and “${end}”.`)
const text = [written.slice(0, from) + start, '', ...backupPresets.flatMap(describe), written.slice(to)].join('\n')

if (!process.argv.includes('--check')) writeFileSync(page, text)
else if (written !== text) {
  console.error('docs/exclusions.md does not match the presets: run npm run docs:presets and commit the page.')
  process.exitCode = 1
}
