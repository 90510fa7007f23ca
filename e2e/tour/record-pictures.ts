/**
 * Plays the tours with pictures of every page, and copies those that the README and the manual show:
 *   npm run pictures
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

const shown = [
  'overview-desktop-light',
  'overview-phone-light',
  'plan-desktop-dark',
  'run-desktop-light',
  'run-phone-dark',
  'folder-desktop-light',
  'vault-desktop-light',
]
const made = join(import.meta.dirname, '..', 'out', 'pictures')
const kept = join(import.meta.dirname, '..', '..', 'docs', 'pictures')

const { status, error } = spawnSync('playwright', ['test', '-c', 'e2e/playwright.config.ts', 'journeys/tour-'], {
  cwd: join(import.meta.dirname, '..', '..'),
  env: { ...process.env, HOLDFAST_PICTURES: made },
  stdio: 'inherit',
  // On Windows a tool is a command file, which only a shell starts.
  shell: process.platform === 'win32',
})
if (error !== undefined) process.stderr.write(`The tours could not be started: ${error.message}\n`)
if (status !== 0) process.exit(status ?? 1)
mkdirSync(kept, { recursive: true })
for (const name of shown) copyFileSync(join(made, `${name}.png`), join(kept, `${name}.png`))
process.stdout.write(`${shown.length} pictures in docs/pictures\n`)
