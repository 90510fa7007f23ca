import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const program = new URL('./testing/list-modules.ts', import.meta.url).pathname

test.each(['backup', 'restore', 'verify', 'audit'])(
  'the thread of a %s loads neither the contracts nor what opens key slots',
  async (kind) => {
    const { stdout } = await promisify(execFile)(process.execPath, ['-C', '@holdfast/source', program, kind])
    const loaded = JSON.parse(stdout) as string[]
    expect(loaded.length).toBeGreaterThan(50)
    expect(loaded.filter((url) => /node_modules\/(zod|hash-wasm|@scure)|shared-types\/src\/(?!errors)/.test(url))).toEqual([])
  },
)
