import { AppError } from '@holdfast/shared-types'
import { expect, test } from 'vitest'
import { StoreWait } from './store-wait.ts'

const limits = { firstMs: 2, longestMs: 8 }
const full = (): AppError => new AppError('store.full')
const never = new AbortController().signal

function aWait(longestMs?: number) {
  const said: (string | null)[] = []
  const onChange = (refusal: AppError | null): void => void said.push(refusal?.code ?? null)
  return { wait: new StoreWait({ onChange, limits, ...(longestMs === undefined ? {} : { longestMs }) }), said }
}

test('of many that are refused one tries for all, and the others follow when it has gone through', async () => {
  const { wait, said } = aWait()
  let isFull = true
  let refusals = 0
  let atOnce = 0
  let mostAtOnce = 0
  const store = async (name: number): Promise<number> => {
    mostAtOnce = Math.max(mostAtOnce, ++atOnce)
    await new Promise((resolve) => setTimeout(resolve, 1))
    atOnce--
    if (!isFull) return name
    if (++refusals === 12) isFull = false
    throw full()
  }
  const names = [0, 1, 2, 3, 4]
  expect(await Promise.all(names.map((name) => wait.during(() => store(name), never)))).toEqual(names)
  // Five at first; then one at a time until there was room, and the rest together.
  expect(refusals).toBe(12)
  expect(mostAtOnce).toBe(5)
  expect(said).toEqual(['store.full', null])
})

test('what it waits for is said anew when that changes', async () => {
  const { wait, said } = aWait()
  const answers = [full(), full(), new AppError('store.unavailable')]
  await wait.during(async () => {
    const refusal = answers.shift()
    if (refusal !== undefined) throw refusal
  }, never)
  expect(said).toEqual(['store.full', 'store.unavailable', null])
})

test('anything else ends it, for whoever was refused so; the others try for themselves', async () => {
  const { wait, said } = aWait()
  let calls = 0
  const first = wait.during(async () => {
    throw ++calls < 3 ? full() : new AppError('run.fence-stale')
  }, never)
  let others = 0
  const second = wait.during(async () => {
    if (++others === 1) throw full()
    return 'stored'
  }, never)
  await expect(first).rejects.toMatchObject({ code: 'run.fence-stale' })
  expect(await second).toBe('stored')
  expect(said.at(-1)).toBeNull()
})

test('an abort ends waiting at once, with its reason', async () => {
  const cancelling = new AbortController()
  const { wait, said } = aWait()
  const waiting = [0, 1].map(() =>
    wait.during(async () => {
      throw full()
    }, cancelling.signal),
  )
  setTimeout(() => cancelling.abort(new AppError('run.cancelled')), 20)
  for (const ended of waiting) await expect(ended).rejects.toMatchObject({ code: 'run.cancelled' })
  expect(said).toEqual(['store.full', null])
})

test('it does not wait for ever: the refusal itself is what it fails with', async () => {
  const { wait } = aWait(15)
  await expect(
    wait.during(async () => {
      throw full()
    }, never),
  ).rejects.toMatchObject({ code: 'store.full' })
})
