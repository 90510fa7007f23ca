import { randomUUID } from 'node:crypto'
import { AppError, RunId, type Run } from '@holdfast/shared-types'
import { expect, test } from 'vitest'
import type { HubClient } from '../hub-connection/hub-client.ts'
import { followRun, type RunWatcher } from './follow-run.ts'

const runId = RunId.parse(randomUUID())
const running = { id: runId, state: 'running' } as Run
const ended = { id: runId, state: 'succeeded' } as Run
const never = new AbortController().signal
const away = new AppError('hub.unreachable')

/** A hub of which only the calls matter: each is answered by what comes next, the last for ever. */
function aHub(answers: readonly (Run | AppError)[]) {
  const asked: string[] = []
  let next = 0
  const call = (operation: string, { query }: { query: { waitSeconds?: number } }): Promise<unknown> => {
    if (operation === 'getRunLog') return Promise.resolve({ items: [], hasMore: false }).finally(() => asked.push('log'))
    asked.push(`run ${query.waitSeconds}`)
    const answer = answers[Math.min(next++, answers.length - 1)]
    return answer instanceof AppError ? Promise.reject(answer) : Promise.resolve(answer)
  }
  return { asked, client: { call } as unknown as HubClient }
}
const watcher = (follows: RunWatcher['follows']): RunWatcher & { readonly problems: (AppError | null)[] } => {
  const problems: (AppError | null)[] = []
  return { follows, problems, onRun: () => undefined, onLog: () => undefined, onProblem: (problem) => void problems.push(problem) }
}

test.each([
  ['end', ['run 25']],
  ['log', ['run 1', 'log']],
  ['progress', ['run 0']],
] as const)('who wants to hear of %s asks for no more', async (follows, expected) => {
  const { asked, client } = aHub([ended])
  expect((await followRun(client, runId, watcher(follows), never)).state).toBe('succeeded')
  expect(asked).toEqual(expected)
})

test('a hub that does not know how to wait is not asked without a pause', async () => {
  const { asked, client } = aHub([running])
  const leaving = new AbortController()
  setTimeout(() => leaving.abort(new Error('seen enough')), 500)
  await expect(followRun(client, runId, watcher('end'), leaving.signal)).rejects.toThrow('seen enough')
  expect(asked.length).toBeGreaterThan(1)
  expect(asked.length).toBeLessThan(12)
})

test('where something cuts what is silent, waits get shorter, and the hub is known to be there', async () => {
  const { asked, client } = aHub([away, running, away, running, ended])
  const seen = watcher('end')
  expect((await followRun(client, runId, seen, never)).state).toBe('succeeded')
  expect(asked).toEqual(['run 25', 'run 0', 'run 12', 'run 0', 'run 6'])
  expect(seen.problems).toEqual([away, null, away, null])
})
