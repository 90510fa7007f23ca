import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError, type RunId } from '@holdfast/shared-types'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startLinkedDevice, stopLinkedDevice } from '../../test/a-linked-device.ts'
import { aBackupOf, endOf } from '../../test/a-run.ts'
import type { TestFolder } from '../../test/an-agent.ts'
import type { FakeHub } from '../../test/fake-hub.ts'
import type { AgentService } from './agent-service.ts'

process.env['NODE_COMPILE_CACHE'] ??= join(tmpdir(), 'holdfast-test-compile-cache')

let hub: FakeHub
let folder: TestFolder
let service: AgentService
let sources: string

beforeEach(async () => {
  ;({ hub, folder, service, sources } = await startLinkedDevice())
})
afterEach(() => stopLinkedDevice({ hub, folder, service }))

/** Several packs of content. */
const aLongSource = (): void => {
  for (let n = 0; n < 12; n += 1) writeFileSync(join(sources, `large-${n}`), randomBytes(1_500_000))
}

describe('a run whose hub cannot store', () => {
  type Told = { readonly runId: string; readonly waitsFor?: string }
  const told = (runId: RunId): Told[] =>
    hub
      .reports('run.progress')
      .map(({ body }) => body as unknown as Told)
      .filter((body) => body.runId === runId)
  const logged = (runId: RunId): string[] =>
    hub
      .reports('run.log')
      .filter(({ body }) => body['runId'] === runId)
      .flatMap(({ body }) => (body['lines'] as { event: string; message: string }[]).map(({ event, message }) => `${event} ${message}`))

  test.each(['store.full', 'store.unavailable', 'database.full'] as const)(
    'waits, says for what (%s), and goes on by itself',
    async (code) => {
      aLongSource()
      let isFull = true
      let refused = 0
      hub.onHttp = (method) => {
        if (method !== 'PUT' || !isFull) return
        refused += 1
        throw new AppError(code, { message: 'Only 3 MiB are left.' })
      }
      const runId = await hub.begin(aBackupOf(hub, sources), { leaseMs: 400 })
      await hub.until(() => told(runId).filter(({ waitsFor }) => waitsFor === code).length > 3, 'reports that it waits')
      expect(hub.reports('run.finished')).toEqual([])
      // All packs under way were refused once; from there on one alone is tried, with pauses.
      expect(refused).toBeLessThanOrEqual(8)
      isFull = false
      expect((await endOf(hub, runId)).body).toMatchObject({ outcome: 'succeeded', warningCount: 0 })
      expect(told(runId).at(-1)).not.toHaveProperty('waitsFor')
      expect(logged(runId)).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^run\.waiting .*Only 3 MiB are left/) as string,
          expect.stringContaining('run.going-on') as string,
        ]),
      )
    },
  )

  test('is cancelled within seconds while it waits', async () => {
    aLongSource()
    hub.onHttp = (method) => {
      if (method === 'PUT') throw new AppError('store.full')
    }
    const runId = await hub.begin(aBackupOf(hub, sources), { leaseMs: 400 })
    await hub.until(() => told(runId).some(({ waitsFor }) => waitsFor === 'store.full'), 'a report that it waits')
    await hub.command('run.cancel', { runId, fence: 1 })
    expect((await endOf(hub, runId)).body).toMatchObject({ outcome: 'cancelled' })
  })

  test('waits with its snapshot too, and can be cancelled before that is sent again', async () => {
    aLongSource()
    hub.onHttp = (method, path) => {
      if (method === 'POST' && path.includes('/commit')) throw new AppError('database.full')
    }
    const runId = await hub.begin(aBackupOf(hub, sources), { leaseMs: 400 })
    await hub.until(() => told(runId).some(({ waitsFor }) => waitsFor === 'database.full'), 'a report that it waits')
    await hub.command('run.cancel', { runId, fence: 1 })
    expect((await endOf(hub, runId)).body).toMatchObject({ outcome: 'cancelled' })
  })
})
