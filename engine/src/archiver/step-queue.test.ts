import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { StepQueue } from './step-queue.ts'

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  if (typeof collect !== 'function') throw new Error('V8 gave no gc')
  collect()
}

test('steps are taken in order, each once its content is identified and all before it are taken', () => {
  let identified = 0
  const taken: string[] = []
  const queue = new StepQueue(() => identified)
  queue.add(() => taken.push('at once'))
  queue.add(() => taken.push('of piece 2'), 2)
  queue.add(() => taken.push('behind it'))
  queue.add(() => taken.push('of piece 1'), 1)
  queue.add(() => taken.push('of piece 3'), 3)
  identified = 1
  queue.advance()
  expect([taken, queue.length]).toEqual([['at once'], 4])
  identified = 2
  queue.advance()
  expect([taken, queue.length]).toEqual([['at once', 'of piece 2', 'behind it', 'of piece 1'], 1])
  identified = 3
  queue.advance()
  queue.add(() => taken.push('at once again'))
  expect([taken.slice(4), queue.length]).toEqual([['of piece 3', 'at once again'], 0])
})

test('a queue that is never empty holds what waits, and next to nothing of what was taken', async () => {
  let identified = 0
  let taken = 0
  const queue = new StepQueue(() => identified)
  const held: WeakRef<object>[] = []
  const addOne = (content: number): void => {
    const file = { content }
    held.push(new WeakRef(file))
    queue.add(() => void (taken += Math.sign(file.content)), content)
  }
  for (let n = 1; n <= 20_000; n++) {
    addOne(n)
    identified = n - 10
    queue.advance()
  }
  expect([taken, queue.length]).toEqual([19_990, 10])
  // A WeakRef holds its object until the end of the turn it was made in.
  await nextTurn()
  collectGarbage()
  expect(held.filter((file) => file.deref() !== undefined).length).toBeLessThan(2_000)
})
