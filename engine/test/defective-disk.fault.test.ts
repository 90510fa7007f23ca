import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { pattern } from './testing/nasty-tree.ts'

const program = fileURLToPath(new URL('testing/back-up-and-tell.ts', import.meta.url))
// strace makes a system call fail without the program's help; a container may forbid one process to trace another.
const canTrace = spawnSync('strace', ['-o', '/dev/null', 'true']).status === 0

let source: string
beforeEach(() => {
  source = mkdtempSync(`${tmpdir()}/hf-defective-`)
})
afterEach(() => rmSync(source, { recursive: true }))

// Needs strace and the right to trace: it makes the calls fail.
describe.skipIf(!canTrace)('a disk with a defect', () => {
  // From the first byte on, and in the middle of a file that is read in several steps.
  test.each([
    ['small', 1],
    ['large', 2],
  ])(
    'that cannot give a part of a %s file costs that file, never the backup',
    (name, when) => {
      writeFileSync(`${source}/a`, pattern(1000, 1))
      writeFileSync(`${source}/small`, pattern(3000, 2))
      writeFileSync(`${source}/large`, pattern(20_000_000, 3))
      writeFileSync(`${source}/z`, pattern(1000, 4))
      const calls = 'read,pread64,preadv,preadv2'
      const fault = [
        '-f',
        '-o',
        '/dev/null',
        '-P',
        `${source}/${name}`,
        '-e',
        `trace=${calls}`,
        '-e',
        `inject=${calls}:error=EIO:when=${when}+`,
      ]
      const said = execFileSync('strace', [...fault, process.execPath, '-C', '@holdfast/source', program, source], { encoding: 'utf8' })
      expect(JSON.parse(said)).toEqual({
        status: 'complete-with-errors',
        files: 3,
        errors: 1,
        told: [{ path: `${source}/${name}`, code: 'source.io-error' }],
        restored: ['a', 'large', 'small', 'z'].filter((file) => file !== name),
      })
    },
    180_000,
  )

  // As a damaged folder does, and a network share with names that it cannot open. A look is one of three calls, depending on the system.
  // What is opened through the folder is the file alone: the folder itself goes by other paths.
  test.each([
    ['looked at', '/ghost', '?statx,?lstat,?newfstatat'],
    ['opened', '', 'openat'],
  ])(
    'that lists a name and never finds it when it is %s is told of, and costs that file alone',
    (_when, path, calls) => {
      writeFileSync(`${source}/ghost`, 'ghost')
      const fault = ['-f', '-o', '/dev/null', '-P', `${source}${path}`, '-e', `trace=${calls}`, '-e', `inject=${calls}:error=ENOENT`]
      const said = execFileSync('strace', [...fault, process.execPath, '-C', '@holdfast/source', program, source], { encoding: 'utf8' })
      expect(JSON.parse(said)).toEqual({
        status: 'complete-with-errors',
        files: 0,
        errors: 0,
        told: [{ path: `${source}/ghost`, code: 'source.io-error' }],
        restored: [],
      })
    },
    180_000,
  )
})
