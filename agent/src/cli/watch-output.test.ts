import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

/* Real processes whose standard output a shell sends elsewhere. */

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const hubMain = fileURLToPath(new URL('../../../hub/src/main.ts', import.meta.url))

/** @param script of a shell, to which `$@` is a command with much to say. */
function inShell(script: string, ...args: readonly string[]): { status: number | null; stderr: string } {
  return spawnSync('bash', ['-c', script, 'bash', process.execPath, '-C', '@holdfast/source', ...args], { encoding: 'utf8' })
}
const told = /^Error: The output was cut short, .*\((ENOSPC|EFBIG)\)[^\n]*\n$/
const presets = [main, 'presets', '--json']

// Linux alone has /dev/full.
test.runIf(process.platform === 'linux')('a full disk is no success', () => {
  for (const command of [presets, [hubMain, '--help']]) {
    const full = inShell('"$@" > /dev/full', ...command)
    expect([full.status, full.stderr]).toEqual([1, expect.stringMatching(told)])
  }
})

test('a file that takes a part is no success either, and a reader that has left is none of the command\u2019s business', () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-output-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'list.json')
  const part = inShell(`ulimit -f 1; "$@" > ${file}`, ...presets)
  expect([part.status, part.stderr, statSync(file).size]).toEqual([1, expect.stringMatching(told), 1024])
  expect(inShell(`"$@" > ${file}`, ...presets)).toMatchObject({ status: 0, stderr: '' })
  expect(JSON.parse(readFileSync(file, 'utf8'))).toBeTruthy()
  expect(inShell('{ "$@"; echo $? >&2; } | :', ...presets)).toMatchObject({ stderr: '0\n' })
})
