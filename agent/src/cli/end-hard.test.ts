import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

// Windows has neither named pipes in folders nor signals.
test.skipIf(process.platform === 'win32')('who leaves at once leaves also while a thread hangs in a call of the system', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-hang-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  // Nobody ever writes to it: opening it waits, as reading a disk that is gone does.
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  const program = `
    import { Worker } from 'node:worker_threads'
    import { endInterrupted } from ${JSON.stringify(fileURLToPath(new URL('end-hard.ts', import.meta.url)))}
    process.on('SIGINT', () => {})
    const hanging = "import { parentPort, workerData } from 'node:worker_threads'; import { openSync } from 'node:fs'; parentPort.postMessage(0); openSync(workerData)"
    const thread = new Worker(hanging, { eval: true, workerData: ${JSON.stringify(pipe)} })
    thread.once('message', () => setTimeout(endInterrupted, 100))
  `
  const child = spawn(process.execPath, ['-C', '@holdfast/source', '--input-type=module', '-e', program], { stdio: 'ignore' })
  const [status, signal] = (await once(child, 'exit', { signal: AbortSignal.timeout(20_000) }).catch((error: unknown) => {
    child.kill('SIGKILL')
    throw error
  })) as [number | null, string | null]
  expect([status, signal]).toEqual([null, 'SIGINT'])
})
