import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startedStream } from './started-stream.ts'

/** Parts that say when they were let go of. */
function heldParts(count: number) {
  const held = { isLetGo: false }
  async function* parts(): AsyncGenerator<Uint8Array> {
    try {
      for (let part = 0; part < count; part += 1) yield Buffer.from(String(part))
    } finally {
      held.isLetGo = true
    }
  }
  return { held, parts: parts() }
}

test('lets go of what it reads when nobody reads it: HEAD, and a reader who left early', async () => {
  const { held, parts } = heldParts(3)
  const stream = await startedStream(parts, 1024)
  expect(held.isLetGo).toBe(false)
  stream.destroy()
  await sleep(10)
  expect(held.isLetGo).toBe(true)
})

test('lets go when the reader leaves in the middle, and at the end', async () => {
  const left = heldParts(1000)
  const broken = await startedStream(left.parts, 1)
  for await (const _ of broken) break
  await sleep(10)
  expect(left.held.isLetGo).toBe(true)

  const read = heldParts(3)
  let text = ''
  for await (const part of await startedStream(read.parts, 1024)) text += String(part)
  expect(text).toBe('012')
  await sleep(10)
  expect(read.held.isLetGo).toBe(true)
})
