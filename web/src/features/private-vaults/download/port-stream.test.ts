// @vitest-environment node
import { expect, test } from 'vitest'
import type { FromProducer } from './port-messages.ts'
import { BrokenOff, portStream } from './port-stream.ts'

const part = (text: string): FromProducer => ({ kind: 'part', bytes: new TextEncoder().encode(text) })

/** A maker that answers each `next` with what comes next, and then with nothing. */
function making(...answers: readonly FromProducer[]) {
  const { port1, port2 } = new MessageChannel()
  const left = [...answers]
  const asked: unknown[] = []
  port1.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    asked.push(data)
    const answer = left.shift()
    if (answer !== undefined) port1.postMessage(answer)
  })
  port1.start()
  return { maker: port1, asked, reader: portStream(port2).getReader() }
}

test('parts come in their order, and then the end', async () => {
  const { reader } = making(part('a'), part('b'), { kind: 'end' })
  const read: string[] = []
  for (let next = await reader.read(); !next.done; next = await reader.read()) read.push(new TextDecoder().decode(next.value))
  expect(read).toEqual(['a', 'b'])
})

test.each([
  ['says that it failed', (maker: MessagePort) => maker.postMessage({ kind: 'failed' } satisfies FromProducer, [])],
  ['is gone without a word', (maker: MessagePort) => maker.close()],
])('a download breaks off where its maker %s', async (_, end) => {
  const { maker, asked, reader } = making(part('a'))
  await reader.read()
  await expect.poll(() => asked.length).toBe(2)
  const next = reader.read()
  end(maker)
  await expect(next).rejects.toBeInstanceOf(BrokenOff)
})

test('of a maker that was gone before it was asked nobody waits for a part', async () => {
  const { port1, port2 } = new MessageChannel()
  port1.close()
  await expect(portStream(port2).getReader().read()).rejects.toBeInstanceOf(BrokenOff)
})
