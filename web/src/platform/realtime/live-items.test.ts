import { expect, test } from 'vitest'
import { applyTold, liveItems, type ItemTold } from './live-items.ts'

interface Thing {
  readonly id: string
  readonly value: number
}

/** Things whose questions are answered by hand, in whatever order. */
function things() {
  const questions: ((items: readonly Thing[] | Error) => void)[] = []
  const list = liveItems<string, Thing, ItemTold<string, Thing>>({
    read: () =>
      new Promise((resolve, reject) => {
        questions.push((items) => (items instanceof Error ? reject(items) : resolve({ items })))
      }),
    apply: applyTold,
  })
  const values = () => Object.fromEntries([...list.byId.values()].map(({ id, value }) => [id, value]))
  return { ...list, questions, values }
}

test('what was told while an answer was under way stands; what was told before does not outlive a newer answer', async () => {
  const { load, tell, questions, values } = things()
  tell({ changed: { id: 'a', value: 1 } })
  const read = load()
  tell({ changed: { id: 'b', value: 2 } })
  tell({ removed: 'c' })
  questions[0]?.([
    { id: 'a', value: 10 },
    { id: 'b', value: 10 },
    { id: 'c', value: 10 },
  ])
  await read
  expect(values()).toEqual({ a: 10, b: 2 })
})

test('of two questions only the newer one counts, and it is told what came since it was asked', async () => {
  const { load, tell, questions, values } = things()
  const first = load()
  tell({ changed: { id: 'a', value: 1 } })
  const second = load()
  tell({ changed: { id: 'b', value: 2 } })
  questions[0]?.([{ id: 'a', value: 0 }])
  await first
  expect(values()).toEqual({ a: 1, b: 2 })
  questions[1]?.([{ id: 'a', value: 3 }])
  await second
  expect(values()).toEqual({ a: 3, b: 2 })
})

test('a single one that is read anew keeps what was told of it meanwhile, and stays away when it is gone', async () => {
  const { readOne, tell, values } = things()
  const answer = Promise.withResolvers<Thing>()
  const kept = readOne(() => answer.promise)
  tell({ changed: { id: 'a', value: 2 } })
  answer.resolve({ id: 'a', value: 1 })
  await kept
  expect(values()).toEqual({ a: 2 })
  const late = Promise.withResolvers<Thing>()
  const gone = readOne(() => late.promise)
  tell({ removed: 'a' })
  late.resolve({ id: 'a', value: 3 })
  await gone
  expect(values()).toEqual({})
})

test('an answer that comes after the end is nobody\u2019s, and a failure leaves what there is', async () => {
  const { load, clear, questions, values, error, isLoaded } = things()
  const read = load()
  clear()
  questions[0]?.([{ id: 'a', value: 1 }])
  await read
  expect([values(), isLoaded.value]).toEqual([{}, false])
  const good = load()
  questions[1]?.([{ id: 'a', value: 1 }])
  await good
  const bad = load()
  questions[2]?.(new Error('away'))
  await bad
  expect([values(), isLoaded.value, error.value]).toEqual([{ a: 1 }, true, new Error('away')])
})
