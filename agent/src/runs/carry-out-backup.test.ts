import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const program = new URL('./testing/tell-of-native.ts', import.meta.url)

async function logOfBackup(
  ...nodeOptions: string[]
): Promise<{ said: { event: string; level: string; message: string }[]; warnings: number }> {
  const { stdout } = await promisify(execFile)(process.execPath, [...nodeOptions, '-C', '@holdfast/source', program.pathname, tmpdir()])
  return JSON.parse(stdout) as never
}

test('a backup says once, as a warning line of its log, what is missing where native code does not load', async () => {
  const { said, warnings } = await logOfBackup('--no-addons')
  const lines = said.filter(({ event }) => event === 'native.unavailable')
  expect(lines).toMatchObject([{ level: 'warn', message: expect.stringMatching(/extended attributes.*holes.*microsecond/) }])
  expect(warnings).toBe(0)
})

test('a backup says nothing of native code where it loads', async () => {
  expect(await logOfBackup()).toEqual({ said: [], warnings: 0 })
})
