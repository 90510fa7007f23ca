import { mkdirSync, mkdtempSync, readdirSync, chmodSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { steps } from './figures.ts'
import { holdfastTool } from './holdfast.ts'
import { measureRounds } from './measure-rounds.ts'
import { makeSourceTree } from './source-tree.ts'

test('the bench measures every step of the real system, with every process that takes part, and leaves nothing behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-test-'))
  try {
    // As root the database runs as another user, who has to pass through.
    chmodSync(folder, 0o711)
    const [source, workFolder] = [join(folder, 'source'), join(folder, 'work')]
    mkdirSync(source)
    mkdirSync(workFolder, { mode: 0o711 })
    makeSourceTree(source, { files: 300, bytes: 3_000_000 })
    const { signal } = new AbortController()
    const contest = { set: 'linux', source, workFolder, tools: [holdfastTool], rounds: 1, signal, tell: () => undefined } as const
    const samples = await measureRounds({ ...contest, settleMs: 10, isRestoreCompared: true, steps, prepare: () => Promise.resolve() })
    expect(samples.map(({ step }) => step)).toEqual([...steps])
    for (const { step, parts, peakBytes, storedBytes } of samples) {
      expect(Object.keys(parts), step).toEqual(['agent', 'hub', 'database', 'command line'])
      for (const [part, figures] of Object.entries(parts)) expect(figures.peakBytes, `${step}: ${part}`).toBeGreaterThan(2 ** 20)
      expect(peakBytes, step).toBeGreaterThan(50 * 2 ** 20)
      expect(storedBytes, step).toBeGreaterThan(300_000)
    }
    expect(readdirSync(workFolder)).toEqual([])
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
})
